CREATE INDEX "prices_currency_feed_idx" ON "prices" USING btree ("tenant_id","currency","changed_xid","id");
