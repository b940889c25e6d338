"""The `briefcast` command. The only room that may import all of the others; decides nothing they could."""
