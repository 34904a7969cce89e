CREATE TABLE "product_terms" (
	"tenant_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"terms" "tsvector" NOT NULL,
	CONSTRAINT "product_terms_tenant_id_product_id_pk" PRIMARY KEY("tenant_id","product_id")
);
--> statement-breakpoint
DROP INDEX "products_category_idx";--> statement-breakpoint
ALTER TABLE "products" ADD COLUMN "name_key" text GENERATED ALWAYS AS (lower(left("products"."name", 64))) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "product_terms" ADD CONSTRAINT "product_terms_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_terms" ADD CONSTRAINT "product_terms_product_fkey" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "product_terms_idx" ON "product_terms" USING gin ("terms");--> statement-breakpoint
CREATE INDEX "products_by_id" ON "products" USING btree ("tenant_id","status","in_stock","id") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_by_name" ON "products" USING btree ("tenant_id","status","in_stock","name_key","id") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_by_price" ON "products" USING btree ("tenant_id","price_currency","status","in_stock","price_minor","id") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_of_category_by_id" ON "products" USING btree ("tenant_id","category_id","status","in_stock","id") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_of_category_by_name" ON "products" USING btree ("tenant_id","category_id","status","in_stock","name_key","id") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_of_category_by_price" ON "products" USING btree ("tenant_id","category_id","price_currency","status","in_stock","price_minor","id") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_category_idx" ON "products" USING btree ("tenant_id","category_id");
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('product_terms');
--> statement-breakpoint
-- An operator that is not leakproof is not answered from an index through a policy. So the owner sees
-- all terms, and lets the application ask by a function that answers ids of the transaction's tenant
-- only; the products are then read under their own policy.
CREATE POLICY search ON product_terms FOR SELECT TO CURRENT_USER USING (true);
--> statement-breakpoint
CREATE FUNCTION gatehouse_search_products(query tsquery, most integer) RETURNS SETOF uuid
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000
	SET search_path = pg_catalog, public
	-- A word of very many products is not followed to its end: about so many of them are looked at.
	SET gin_fuzzy_search_limit = 20000
	AS $$
		SELECT product_id FROM product_terms
		WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')::uuid AND terms @@ query
		ORDER BY product_id DESC
		LIMIT most
	$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION gatehouse_search_products(tsquery, integer) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION gatehouse_search_products(tsquery, integer) TO gatehouse_app;
