-- The proof: a hash chain over everything that is stored.
--
-- Each transaction of the store is one segment: the inputs that it brought, in order, the digest of every row, and the
-- digest of the segment before it. README, "Proof", says what follows from that, what does not, and how to compute it.

CREATE TABLE proof_layout (
        relation text NOT NULL,
        layout   integer NOT NULL,
        columns  text NOT NULL,
        types    text NOT NULL,
        time     text NOT NULL,
        PRIMARY KEY (relation, layout),
        UNIQUE (relation, columns, types, time)
);
COMMENT ON TABLE proof_layout IS 'Which columns of a table its rows'' digests were made from. A column that a later migration adds makes a new layout; older segments keep theirs.';
COMMENT ON COLUMN proof_layout.relation IS 'Name of the table.';
COMMENT ON COLUMN proof_layout.layout IS 'Number of the layout, from 1 for each table.';
COMMENT ON COLUMN proof_layout.columns IS 'Names of the columns, in the order in which they are hashed.';
COMMENT ON COLUMN proof_layout.types IS 'A letter for each: i integer, q bigint, d double precision, b boolean, t timestamptz, s text, y bytea, j jsonb, a text[].';
COMMENT ON COLUMN proof_layout.time IS 'Column whose day stands in the list of leaves: the one by which the table is partitioned; empty = none.';

CREATE TABLE proof_segment (
        journal   integer NOT NULL,
        segment   bigint NOT NULL,
        first_seq bigint NOT NULL,
        last_seq  bigint NOT NULL,
        sealed_at timestamptz NOT NULL,
        previous  bytea NOT NULL,
        hash      bytea NOT NULL,
        PRIMARY KEY (journal, segment)
);
COMMENT ON TABLE proof_segment IS 'The chain: one row for each transaction of the store, written in that transaction.';
COMMENT ON COLUMN proof_segment.journal IS 'The journal.';
COMMENT ON COLUMN proof_segment.segment IS 'Number of the segment in this journal, from 1 without a gap.';
COMMENT ON COLUMN proof_segment.first_seq IS 'First input in it: one more than the last one of the segment before.';
COMMENT ON COLUMN proof_segment.last_seq IS 'Last input in it.';
COMMENT ON COLUMN proof_segment.sealed_at IS 'When it was made (clock of the store).';
COMMENT ON COLUMN proof_segment.previous IS 'Hash of the segment before; 32 zero bytes at the first one.';
COMMENT ON COLUMN proof_segment.hash IS 'Hash over all of this and over each row of proof_part of this segment.';
CREATE INDEX proof_segment_sealed_at ON proof_segment (sealed_at);
CREATE INDEX proof_segment_seq ON proof_segment (journal, last_seq);

CREATE TABLE proof_part (
        journal  integer NOT NULL,
        segment  bigint NOT NULL,
        relation text NOT NULL,
        layout   integer NOT NULL,
        rows     bigint NOT NULL,
        root     bytea NOT NULL,
        leaves   bytea,
        PRIMARY KEY (journal, segment, relation)
);
ALTER TABLE proof_part ALTER COLUMN leaves SET STORAGE EXTERNAL; -- digests do not compress
COMMENT ON TABLE proof_part IS 'What a segment holds of one table: a Merkle tree over its rows.';
COMMENT ON COLUMN proof_part.journal IS 'The journal.';
COMMENT ON COLUMN proof_part.segment IS 'The segment.';
COMMENT ON COLUMN proof_part.relation IS 'Name of the table.';
COMMENT ON COLUMN proof_part.layout IS 'Which columns were hashed: proof_layout.';
COMMENT ON COLUMN proof_part.rows IS 'Number of rows.';
COMMENT ON COLUMN proof_part.root IS 'Root of the tree.';
COMMENT ON COLUMN proof_part.leaves IS 'Key, day and digest of each row: they tell which row was altered, deleted or inserted. Null = given up, when retention had removed the rows.';

INSERT INTO stored_table (name, class, period, time_column, writes, readers) VALUES
        ('proof_layout',  NULL, NULL, NULL, '{INSERT}', '{wardwatch_reader}'),
        ('proof_segment', NULL, NULL, NULL, '{INSERT}', '{wardwatch_reader}'),
        ('proof_part',    NULL, NULL, NULL, '{INSERT}', '{wardwatch_reader}');

CREATE OR REPLACE FUNCTION partition_chain(relation text, range_from timestamptz, range_to timestamptz) RETURNS bytea
LANGUAGE sql STABLE SET search_path = wardwatch, pg_temp AS $$
        SELECT hash FROM proof_segment WHERE sealed_at < range_to AND EXISTS (
                SELECT FROM proof_part p WHERE p.journal = proof_segment.journal AND p.segment = proof_segment.segment
                AND p.relation = partition_chain.relation)
        ORDER BY sealed_at DESC LIMIT 1
$$;
