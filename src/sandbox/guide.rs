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
//! | `POST inbound`, `GET` | plays a customer who writes, see below; lists what customers wrote, and when it was marked as read |
//! | `POST preferences` | `{"from", "value": "stop" or "resume"}`: a customer stops or resumes marketing; after `stop` it fails with 131050 |
//! | `POST sink/NAME`, `GET`, `DELETE`, `GET sink` | stands in for another service: takes anything, lists it, empties it; see below |
//! | `GET media` | the files that messages may send by id: number, type, size, SHA-256, when they expire |
//! | `GET webhooks` | how many wait to be delivered |
//! | `POST webhooks` | `{"field", "value", "number"}`: sends any change as it is, signed; `number` makes it that number's |
//! | `GET templates`, `GET templates/ID` | everything about templates: `waba_id`, `name` |
//! | `POST templates` | adds one, or many (`{"templates": […]}`), approved at once and outside all quotas |
//! | `PATCH templates/ID` | `status`, `category`, `correct_category`, `components`, `rejected_reason`, `recommendation`, `quality_score` (RED pauses), …; `event` (FLAGGED and the like) tells and changes nothing; `other_info`, `disable_info`, `rejection_info` are told as they are |
//! | `DELETE templates/ID` | takes it away; its name is not held |
//! | `POST reviews`, `GET`, `DELETE` | how reviews end: `{"name", "language", "category", "status", "rejected_reason", "recommendation", "new_category", "delay", "times"}` |
//! | `POST faults`, `GET`, `DELETE [/ID]` | see below; `GET` also lists violations of `refuse_writes` |
//! | `POST account`, `GET` | `{"waba_id", "messaging_limit", "template_limit", "verified", "throughput", "currency", …}`; and what is told and enforced: `restrictions`, `ban`; or told: `violation`, `alert`, `account_review_status` |
//! | `POST numbers`, `GET` | adds or changes a number: `{"waba_id", "number" or "id", "status", "quality_rating", "throughput", "identity_check", …}`; and what is told: `event` (of its quality), `name_status`, `security`; lists the special ones |
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
//! # Customers
//!
//! `POST /_sandbox/inbound` with `from` (a number, or a user id), `to` (a number or its id; left out: the default one), and
//! exactly one of
//!
//! | key | the customer |
//! | --- | --- |
//! | `text` | writes this |
//! | `button` | taps a quick reply, a button or a row of the latest message that has some: by its text, its payload or id, or its place from 0 on |
//! | `interactive` | sends this `button_reply`, `list_reply` or `nfm_reply` |
//! | `reaction` | reacts with this emoji to the latest message |
//! | `image`, `video`, `audio`, `document`, `sticker` | sends a file: `true`, or what it is to hold |
//! | `location`, `contacts`, `order`, `unsupported` | sends one of these |
//! | `system` | `{"type": "user_changed_number", "wa_id"}`: moves to that number; `{"type": "customer_identity_changed", "hash"}`: has another device |
//! | `raw` | sends this message, with a `type` of any kind |
//!
//! Beside it `name`, `username`, `hide_number` (of who has a username only the user id is told), `at`, and `context`: the
//! message that is answered, by id or `"last"`; `false` or `"none"` leaves it out, as happens at Meta. The answer has the message's `id`,
//! the `user_id`, and whether it was `told` to anybody.
//!
//! What a customer writes opens the service window of that number for 24 hours. Outside it session messages are accepted and
//! fail with 131047; inside it nothing counts against the messaging limit. `POST /{PHONE}/settings` with
//! `{"user_identity_change": {"enable_identity_key_check": true}}` adds identities to statuses and messages; a message with
//! another `recipient_identity_key_hash` than the person has fails with 137000.
//!
//! # Who is told
//!
//! A field that the app did not subscribe to is told to nobody. Overrides of an account or a number are for messages and
//! their kin; `user_preferences`, templates and accounts always go to the app's callback. While the app has no callback at all,
//! an override is enough to be told of messages.
//!
//! # Restrictions
//!
//! `POST /_sandbox/account` with `{"restrictions": [{"type", "for": "72h"}]}`; an empty list lifts them.
//! `RESTRICTED_BIZ_INITIATED_MESSAGING` refuses what is sent outside the service window, with 368;
//! `RESTRICTED_CUSTOMER_INITIATED_MESSAGING` what is sent inside it; `RESTRICTED_UTILITY_TEMPLATES` utility, with 131064.
//! `{"ban": "DISABLE"}` refuses everything with 131031, until `{"ban": "REINSTATE"}`.
//!
//! # Sinks
//!
//! `/_sandbox/sink/NAME` takes what a desk or another receiver would be told, by any method, and keeps headers (without
//! secrets), path behind the name, query and body, with the `status` that was answered and whether it counts as `taken`. Faults whose `path` names
//! the sink strike there; those without a path do not.
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
//! `+14165550101` to `…124`; `GET /_sandbox/numbers` says what each does. All are valid and belong to nobody.
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
//! | `…118`, `…119` | answers templates with their first quick reply; without the context |
//! | `…120`, `…121` | answers templates with "Please contact me by Phone call"; with "STOP" |
//! | `…122` | stops marketing (`user_preferences`) after a template; later marketing fails with 131050 |
//! | `…123` | the first message is refused with 131016, later ones arrive |
//! | `…124` | `sent` is told by webhook before the call is answered |
//!
//! They answer soon after delivery (`{"delays": {"reply": "3s"}}`), templates only, so that two who answer by themselves
//! do not talk for ever.
//!
//! Marketing to numbers of the United States fails with 131049, as it has since April 2025
//! (`{"us_marketing_paused": false}` turns it off).
