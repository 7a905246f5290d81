-- Once, as a superuser of the server, in its database `postgres`: the roles, the logins, the database.
--
--     sudo -u postgres psql -f /usr/share/wardwatch/postgresql/roles.sql
--
-- Logins have the names of the daemon's users, so that on one machine they need no password (peer in pg_hba.conf). Over the
-- network give them one: \password wardwatch-store
CREATE ROLE wardwatch_owner NOLOGIN;
CREATE ROLE wardwatch_writer NOLOGIN;
CREATE ROLE wardwatch_reader NOLOGIN;
CREATE ROLE wardwatch_console NOLOGIN;
CREATE ROLE wardwatch_auditor NOLOGIN;
GRANT wardwatch_reader TO wardwatch_console, wardwatch_auditor;

-- brings the schema up to date and does nothing else; members of the administrators' group may become it
CREATE ROLE "wardwatch-migrate" LOGIN INHERIT IN ROLE wardwatch_owner CONNECTION LIMIT 4;
CREATE ROLE "wardwatch-store" LOGIN INHERIT IN ROLE wardwatch_writer CONNECTION LIMIT 8;
CREATE ROLE "wardwatch-console" LOGIN INHERIT IN ROLE wardwatch_console CONNECTION LIMIT 32;

-- A console that asks too much must not keep the store waiting.
ALTER ROLE "wardwatch-console" SET statement_timeout = '60s';
ALTER ROLE "wardwatch-console" SET default_transaction_isolation = 'read committed';
ALTER ROLE "wardwatch-console" SET idle_in_transaction_session_timeout = '60s';

CREATE DATABASE wardwatch OWNER wardwatch_owner ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE wardwatch FROM PUBLIC;
GRANT CONNECT ON DATABASE wardwatch TO wardwatch_owner, wardwatch_writer, wardwatch_reader, wardwatch_console, wardwatch_auditor;
