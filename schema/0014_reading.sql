-- The proof covers every column, so who checks it reads every column: what readers may not see by a view that records
-- the reading.

CREATE VIEW command_raw AS
SELECT * FROM command WHERE (SELECT record_access('command_raw'));
COMMENT ON VIEW command_raw IS 'Commands, as the proof covers them. Reading it is recorded.';

CREATE VIEW command_reply_raw AS
SELECT * FROM command_reply WHERE (SELECT record_access('command_reply_raw'));
COMMENT ON VIEW command_reply_raw IS 'Answers to commands, as the proof covers them. Reading it is recorded.';

INSERT INTO stored_table (name, class, period, time_column, writes, readers) VALUES
        ('command_raw',       NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}'),
        ('command_reply_raw', NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}');
