"""Reading: what a customer's text message means. The only door is `bot.nlu.read.Reader`."""
