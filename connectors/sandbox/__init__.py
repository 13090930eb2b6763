"""Stand-ins for the products, on 127.0.0.1: what the demo and the tests talk to, over real HTTP."""
