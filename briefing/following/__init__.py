"""Following a CMS: its connections and webhooks, how an article stands there, and what follows."""
