-- Which messages were signed by their device, as the keys said when they came. A line of the payload that looks like a
-- signature says nothing: whoever may publish on the topic can write one.

ALTER TABLE message ADD COLUMN signed boolean;
COMMENT ON COLUMN message.signed IS 'Its device''s signature was checked when it came (mqtt.signatures), and is right. false: no key was set for its topic, it need not be signed, or it is forged (then undecoded.reason is spoofed). NULL: taken by a version that did not say.';

CREATE OR REPLACE VIEW message_raw AS
SELECT * FROM message WHERE (SELECT record_access('message_raw'));
