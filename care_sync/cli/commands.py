"""Every command by its name: where it stands, and a line about it (the first one of its own help)."""

from __future__ import annotations

from care_sync.cli.lazy import Command, Group

COMMANDS: dict[str, Command | Group] = {
    "demo": Command("demo:demo", "Show the main job: a month of an agency, the nightly sync, and a day of changes."),
    "setup": Command(
        "setup:setup",
        "Make the helpdesk ready: fields with their options, the webhook with its trigger, views for open questions.",
    ),
    "connect": Command(
        "connect:connect",
        "Connect a product by OAuth. What it gives is kept encrypted in the store, and renewed by itself.",
    ),
    "check": Command(
        "check:check",
        "Try settings, credentials, permissions, fields, clocks, webhooks, rules and store; write nothing.",
    ),
    "status": Command(
        "status:status", "Tell how things are: last passes, lag, queue, limits left, failures, attention."
    ),
    "audit": Command(
        "audit:audit",
        "Prove the hash chain and the invariants, and that ledger, helpdesk, time trackers and bookkeeping agree.",
    ),
    "export": Command(
        "export:export", "Write the whole ledger as a journal that hledger or Beancount reads, in whole seconds."
    ),
    "sync": Command(
        "sync:sync", "Do it once: read both tools, decide, post, and write what follows into the helpdesk."
    ),
    "run": Command(
        "daemon:run", "Keep doing it: poll, take webhooks, push, and do everything once a night, until SIGTERM."
    ),
    "reconcile": Command(
        "reconcile:reconcile", "Read a window of time entries whole and compare it with what is stored."
    ),
    "entries": Group(
        "Time entries that a person should look at: without a ticket, copies of others, of unknown clients.",
        {
            "unlinked": Command(
                "entries:unlinked",
                "List time entries that found no ticket, newest work first, each with why and what to do.",
            ),
            "copies": Command(
                "entries:copies",
                "List time entries that are left out because another time tracker holds the same work, newest first.",
            ),
            "clients": Command(
                "entries:clients",
                "List clients of the time trackers that match no organization, those with most time first.",
            ),
        },
    ),
    "cards": Group(
        "Prepaid hour cards.",
        {
            "buy": Command("cards:buy", "Sell a customer an hour card."),
            "list": Command("cards:list_cards", "List hour cards with what is left on them, oldest purchase first."),
            "show": Command("cards:show", "Show one card with everything that moved it, in order."),
            "adjust": Command(
                "cards:adjust",
                "Add hours to a card or take them away, for a reason. A card never falls below zero by it.",
            ),
            "write-off": Command(
                "cards:write_off",
                "Write off what is left on a card, or part of it, for a reason. A card never expires by itself (H3).",
            ),
            "void": Command(
                "card_changes:void_card",
                "Take a purchase back. What the card paid moves on, to other cards of the customer or to the invoice.",
            ),
            "move": Command(
                "card_changes:move_card",
                "Give a card to another customer, whole. What it paid for the first moves on, to other cards or to the "
                "invoice.",
            ),
            "correct": Command(
                "card_changes:correct_card",
                "Mend the hours or the day of a purchase that were written down wrongly. Goodwill is `cards adjust`.",
            ),
            "statement": Command(
                "statements:statement",
                "Write a month's hour card statement: balances, each deduction, corrections, and a chart of what is left.",
            ),
            "recalculate": Command(
                "recalculate:recalculate", "Show the cards that are due, and approve or decline what is proposed."
            ),
            "import": Command(
                "card_import:import_file",
                "Import hour cards and what is left on them. Shows first what it would do, and does it with `--yes`.",
            ),
        },
    ),
    "customers": Group(
        "Customers, and what was agreed with them since when.",
        {
            "list": Command(
                "customers:list_customers",
                "List customers with what is agreed with them today, since when, and what is left on their cards.",
            ),
            "show": Command(
                "customers:show", "Show what was agreed with a customer from which day, and who or what wrote it down."
            ),
            "state": Command(
                "customers:state_agreed",
                "State what was agreed with a customer in a period, where the helpdesk learned of it late, early or wrongly.",
            ),
        },
    ),
    "invoices": Group(
        "What customers are invoiced for a month.",
        {
            "list": Command(
                "invoices:list_invoices",
                "List what is invoiced, by month and customer: of one month, or of the last closed one and those after it.",
            ),
            "show": Command(
                "invoices:show", "Show one invoice: its lines, and the time entries that each line is made of."
            ),
            "export": Command(
                "invoices:export",
                "Write a month's invoices as CSV, JSON, or UBL 2.1 (Peppol BIS 3 or NLCIUS) e-invoices.",
            ),
            "push": Command(
                "invoices:push",
                "Make a closed month's invoices as drafts in the bookkeeping; a person sends them from there.",
            ),
        },
    ),
    "ledger": Group(
        "Where every minute came from and where it went.",
        {
            "show": Command(
                "ledger:show",
                "Tell the story of a minute: tracker, ticket, decision, ledger, and the card or the invoice line it ended up on.",
            ),
        },
    ),
    "period": Group(
        "Months, and closing them.",
        {
            "list": Command("period:list_periods", "List the months that are closed, and by whom."),
            "close": Command(
                "period:close",
                "Close a month: charge what is still undetermined in it (I4), then nothing of it moves any more.",
            ),
        },
    ),
    "review": Group(
        "Time that waits for a person to judge.",
        {
            "list": Command(
                "review:list_waiting",
                "List time that waits: beyond fair use (K1), after a declined quote (O4), or judged case by case (X1).",
            ),
            "decide": Command(
                "review:decide_on",
                "Charge all, part or nothing of what waits of a ticket or an entry. The next pass posts it.",
            ),
            "history": Command(
                "review:history",
                "Show everything that was ever decided on an entry, oldest first; the last one stands.",
            ),
        },
    ),
    "attention": Group(
        "What a person must look at.",
        {
            "list": Command(
                "attention:list_attention", "List what a person must look at, oldest first; each tells what to do."
            ),
            "settle": Command("attention:settle", "Take something off the list that you have seen to in another way."),
        },
    ),
    "store": Group(
        "The database.",
        {
            "migrate": Command(
                "store:migrate_store",
                "Make the tables, or bring those of an older version up to date. Doing it twice does no harm.",
            ),
        },
    ),
    "config": Group(
        "The settings.",
        {
            "check": Command(
                "config:check",
                "Check settings, rules, message templates and the database; nothing is written, no product is asked.",
            ),
            "show": Command(
                "config:show", "Show the settings as they apply: file, secret files, environment and defaults together."
            ),
        },
    ),
    "rules": Group(
        "The rules: what they decide, and whether they hold.",
        {
            "decide": Command(
                "rules:decide", "Decide from facts alone: scope, route, next step, and what is still to be asked."
            ),
            "code": Command(
                "rules:code", "Show the rules as the Python that replays run: what `decide` says, without why."
            ),
            "explain": Command(
                "explain:explain",
                "Tell what was decided on a ticket and why: the rule, the clause, each fact and where it came from.",
            ),
            "replay": Command(
                "replay:replay",
                "Decide the stored history by other rules: which tickets change, and what it costs whom.",
            ),
            "questions": Command(
                "replay:questions",
                "Which fact is worth asking: how often each was missing, how long tickets waited, how much time was at stake.",
            ),
            "schema": Command(
                "rules_schema:schema", "Print a JSON Schema of the rules, made from the file's own facts, for editors."
            ),
            "fmt": Command(
                "rules_format:fmt",
                "Write a rules file tidily; comments and order stay, and so does the meaning of every word.",
            ),
            "test": Command(
                "rules_cases:run_cases_beside",
                "Run the cases beside a rules file: each is a situation and the answer that it must get.",
            ),
            "check": Command(
                "rules_check:check", "Prove that the rules hold, over every combination of known and unknown facts."
            ),
            "copy": Command(
                "rules_copy:copy",
                "Copy the policy that comes with CareSync, to change it: the rules, their cases, and the schema for editors.",
            ),
            "new": Command("rules_new:new", "Write a rule with its case, from questions and answers."),
            "diff": Command(
                "rules_diff:diff",
                "Show what changed in meaning, not in text: proven equal, or each region that is decided differently.",
            ),
        },
    ),
}
