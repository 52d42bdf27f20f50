"""What a laptop has instead of servers: a store of MongoDB's protocol and PostgreSQL, in HOME, while a command needs them."""
