-- Kept free for what the daemon publishes.
DO $$ BEGIN END $$;
