//! How to use the sandbox.
//!
//! # Identifiers
//!
//! | what | value |
//! | --- | --- |
//! | account | `102290129340398`; any other numeric id becomes an account when it is first asked for |
//! | number | `+15550783881`, id `106540352242922` |
//! | app, app secret | `670843887433847`, `waform-sandbox-app-secret` |
//! | token | `waform-sandbox-token`; expired: `…-expired`; lacking a permission: `…-management-only`, `…-messaging-only` |
//!
//! # Behind the scenes: `/_sandbox`
//!
//! | call | does |
//! | --- | --- |
//! | `GET identity`, `GET health` | the values above; whether it is up |
//! | `GET clock`, `POST clock` | `{"advance": "24h"}` or `{"set": "2026-05-01T09:00:00Z"}`; what is due happens before the answer |
//! | `GET requests`, `DELETE requests` | the log: `after`, `limit`, `method`, `path` (a part of it), `writes=true`; the answer's `next` is the `after` of what comes later |
//! | `GET messages` | accepted messages: `after`, `limit`, `id`, `to`, `tag`, `template`, `phone` |
//! | `GET media` | the files that messages may send by id: number, type, size, SHA-256, when they expire |
//! | `GET webhooks` | how many wait to be delivered |
//! | `GET templates`, `GET templates/ID` | everything about templates: `waba_id`, `name` |
//! | `POST templates` | adds one, or many (`{"templates": […]}`), approved at once and outside all quotas |
//! | `PATCH templates/ID` | `status`, `category`, `components`, `rejected_reason`, `recommendation`, `quality_score` (RED pauses), … |
//! | `DELETE templates/ID` | takes it away; its name is not held |
//! | `POST reviews`, `GET`, `DELETE` | how reviews end: `{"name", "language", "category", "status", "rejected_reason", "recommendation", "new_category", "delay", "times"}` |
//! | `POST faults`, `GET`, `DELETE [/ID]` | see below; `GET` also lists violations of `refuse_writes` |
//! | `POST account`, `GET` | `{"waba_id", "messaging_limit", "template_limit", "verified", "throughput", "currency", …}` |
//! | `POST numbers`, `GET` | adds or changes a number: `{"waba_id", "number" or "id", "status", "quality_rating", "throughput", …}`; lists the special ones |
//! | `POST behaviour`, `GET` | shares of failures, deliveries and reads, delays, `pacing`, which limits are enforced, `shuffle_lists` |
//!
//! # Reviews
//!
//! After the review delay a template is approved, unless a rule says otherwise, or its body's text has `[reject:REASON]`,
//! `[category:CATEGORY]` or `[hold]`. Adjacent variables and a copy of another approved template are rejected.
//!
//! # Order of lists
//!
//! Lists of templates come newest first, lists of numbers by id. With `{"shuffle_lists": true}` as behaviour each listing
//! has an order of its own, the same through all its pages: whoever depends on Meta's order, which is not promised, notices.
//!
//! # Media
//!
//! A file that is uploaded for a number can be sent by that number for 30 days. A message that names another id, or one
//! that is gone, is refused with 100; a file of another kind than the header's with 132012. The bytes are not kept: `url`
//! leads nowhere.
//!
//! # Faults
//!
//! `POST /_sandbox/faults` with `{"match": {"method", "path", "nth"}, "times": N, "fault": F}`. `path` is a part of the
//! path, or with `*` all of it. Without `times` it strikes always, with `nth` alone once. `F` is one of
//!
//! | fault | what happens |
//! | --- | --- |
//! | `"cut_before"` | the connection is closed, the call was not processed |
//! | `"cut_after"` | the call was processed, durably; the connection is closed without an answer |
//! | `{"latency": "200ms"}` | the answer takes longer, in real time |
//! | `{"status": 503, "body": …}` | this answer, the call is not processed |
//! | `{"error": {"code", "subcode", "message", "details", "http", "is_transient"}}` | this Graph error |
//! | `{"throttle": {"minutes": 5}}` | 80007 with the usage header; 130429 for messages |
//! | `{"refuse_writes": true}` | every method but GET is answered with 500 and noted as a violation |
//! | `{"webhooks": "duplicate"}`, `"disorder"`, `"hold"` | webhooks come twice, in the wrong order, not at all |
//!
//! # Telephone numbers that behave in a certain way
//!
//! `+14165550101` to `…117`; `GET /_sandbox/numbers` says what each does. All are valid and belong to nobody.
//!
//! | number | behaviour |
//! | --- | --- |
//! | `…101` | not on WhatsApp: accepted, then failed with 131026 (so does every number that cannot exist) |
//! | `…102` | the first message fails with 131000, later ones arrive |
//! | `…103`, `…104`, `…105` | marketing fails with 131049, 131050, 130472 |
//! | `…106`, `…107`, `…108` | never delivered; never read; read without delivered |
//! | `…109`, `…110`, `…111` | refused with 131056, 131021, 131000 |
//! | `…112` | refused with 131000, and yet accepted and delivered |
//! | `…113` | has changed identity: fails with 137000 |
//! | `…114`, `…115`, `…117` | refused with 130497, 131048, 130429 |
//! | `…116` | sent, then failed with 131026 |
//!
//! Marketing to numbers of the United States fails with 131049, as it has since April 2025
//! (`{"us_marketing_paused": false}` turns it off).
