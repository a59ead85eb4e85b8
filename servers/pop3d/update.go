package pop3d

// update is the last state: what was marked is deleted, and the lock is given back
// before the client is told, so that its next session is not kept out by this one
// (RFC 1939 §6).
func (c *conversation) update() error {
	left, _ := c.drop.stat()
	marked := len(c.drop.messages) - left
	err := c.drop.update()
	c.drop.close()
	c.drop = nil
	if err != nil {
		c.Log.Error("pop3d: some messages were not deleted", "client", client(c.conn), "error", err)
		return c.err("[SYS/TEMP] some messages were not deleted")
	}
	return c.ok("%s deleted, %d left", plural(marked, "message"), left)
}
