-- Lines are made with their order and never changed, so the order's trigger is enough.
SELECT gatehouse_audit_table('orders');
