"""Shows' feeds: which episodes they list, their RSS and artwork, and the hubs that are told."""
