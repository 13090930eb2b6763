"""Random histories through CareSync and through the independent model of the office, compared after each step.

`office`      the product: real rules, real store, real steps of a pass, without the products' HTTP
`both`        hears an event in the product, tells the model what the product decided, and compares the two
`histories`   what is drawn, and what the product does not do yet
`long_run`    the same with as many examples as one likes: `python -m tests.properties.long_run --examples 10000`

The model (`tests.reference`) is written from the clauses of the policy alone. Rules are not under test here: the
product's decisions are told to the model as routes.
"""
