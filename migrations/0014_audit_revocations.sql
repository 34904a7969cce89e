-- Whose tokens are refused, and who wanted that. Not what the sweep removes: that has only run out.
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON revocations
	FOR EACH ROW EXECUTE FUNCTION gatehouse_audit('xid');
