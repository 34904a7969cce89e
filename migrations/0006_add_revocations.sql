CREATE TABLE "revocations" (
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"id" text NOT NULL,
	"revoked_before" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"xid" "xid8" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "revocations_tenant_id_kind_id_pk" PRIMARY KEY("tenant_id","kind","id"),
	CONSTRAINT "revocations_revoked_before" CHECK (("revocations"."revoked_before" is null) = ("revocations"."kind" = 'token'))
);
--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "revocations_xid_idx" ON "revocations" USING btree ("tenant_id","xid");--> statement-breakpoint
CREATE INDEX "revocations_expires_idx" ON "revocations" USING btree ("expires_at");
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('revocations');
--> statement-breakpoint
-- The relay tells the edges of the revocations of all tenants; the sweep removes what has expired.
CREATE POLICY relay ON revocations FOR SELECT
	USING ((SELECT current_setting('app.task', true)) = 'relay');
--> statement-breakpoint
CREATE POLICY sweep ON revocations
	USING ((SELECT current_setting('app.task', true)) = 'sweep' AND expires_at < now());
