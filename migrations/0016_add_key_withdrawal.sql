ALTER TABLE "signing_keys" ADD COLUMN "withdrawn_at" timestamp (3) with time zone;--> statement-breakpoint
-- For `npm run keys`: to withdraw a key, to let its successor sign at once, and to seal keys with another secret.
GRANT UPDATE (sealed_private_jwk, signs_from, withdrawn_at) ON signing_keys TO gatehouse_app;
