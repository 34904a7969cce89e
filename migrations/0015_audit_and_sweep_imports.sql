ALTER TABLE "import_errors" DROP CONSTRAINT "import_errors_import_fkey";
--> statement-breakpoint
ALTER TABLE "import_parts" DROP CONSTRAINT "import_parts_import_fkey";
--> statement-breakpoint
ALTER TABLE "import_errors" ADD CONSTRAINT "import_errors_import_fkey" FOREIGN KEY ("tenant_id","import_id") REFERENCES "public"."imports"("tenant_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "import_parts" ADD CONSTRAINT "import_parts_import_fkey" FOREIGN KEY ("tenant_id","import_id") REFERENCES "public"."imports"("tenant_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "imports_updated_at_idx" ON "imports" USING brin ("updated_at");
--> statement-breakpoint
-- That an import was begun and completed, and by whom: not each batch in between, of which every line is told
-- where it changes a product, nor what the sweep removes.
CREATE TRIGGER audit AFTER INSERT ON imports
	FOR EACH ROW EXECUTE FUNCTION gatehouse_audit('errors_kept');
--> statement-breakpoint
CREATE TRIGGER audit_state AFTER UPDATE ON imports
	FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION gatehouse_audit('errors_kept');
--> statement-breakpoint
CREATE POLICY sweep ON imports
	USING ((SELECT current_setting('app.task', true)) = 'sweep' AND updated_at < now() - interval '30 days');
