//! Where the file is wrong or silent and we follow the fact sheet, by name.
//!
//! A test takes every deviation away and shows that the file then refuses what it excuses: one that is no longer needed
//! must go.

/// The operation that creates a template.
pub(super) const CREATE: OperationName = ("POST", "/{Version}/{WABA-ID}/message_templates");
/// The operation that edits a template.
pub(super) const EDIT: OperationName = ("POST", "/{Version}/{TEMPLATE_ID}");
/// The operation that lists templates.
const LIST: OperationName = ("GET", "/{Version}/{WABA-ID}/message_templates");
/// The operation that deletes templates.
const DELETE: OperationName = ("DELETE", "/{Version}/{WABA-ID}/message_templates");

/// A method and a path as the file writes them.
pub(super) type OperationName = (&'static str, &'static str);

/// One named difference.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    pub(super) name: &'static str,
    /// The place in the fact sheet that says so.
    pub(super) reason: &'static str,
    pub(super) allows: Allows,
}

/// What a deviation lets through.
#[derive(Clone, Debug)]
pub(super) enum Allows {
    /// An operation that the file lacks, with the parameters that it takes in the query or at the top of the body.
    Operation {
        operation: OperationName,
        parameters: &'static [&'static str],
    },
    /// Query parameters that the file's operations lack.
    Query {
        operations: Operations,
        names: &'static [&'static str],
    },
    /// Keys of a JSON body that the file's operations lack, shown in an example.
    Keys {
        operations: &'static [OperationName],
        example: &'static str,
    },
    /// A key of one body that takes all that another operation's body has there.
    Borrow {
        operation: OperationName,
        key: &'static str,
        from: OperationName,
    },
}

/// Which operations are meant.
#[derive(Clone, Debug)]
pub(super) enum Operations {
    Every,
    These(&'static [OperationName]),
}

/// All deviations.
pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        name: "credentials in the query",
        reason: "fact sheet 0 (Graph basics) and 3.2 (code 104): every call takes access_token and appsecret_proof",
        allows: Allows::Query {
            operations: Operations::Every,
            names: &["access_token", "appsecret_proof"],
        },
    },
    Deviation {
        name: "template list: filters, projection and paging",
        reason: "fact sheet 0 (Graph basics) and 1.1 (list filters): the file has `name` only",
        allows: Allows::Query {
            operations: Operations::These(&[LIST]),
            names: &[
                "after",
                "before",
                "category",
                "content",
                "fields",
                "language",
                "limit",
                "name_or_content",
                "quality_score",
                "since",
                "source",
                "status",
                "summary",
                "until",
            ],
        },
    },
    Deviation {
        name: "template deletion by several ids",
        reason: "fact sheet 1.1: `hsm_ids` is the third form of DELETE",
        allows: Allows::Query {
            operations: Operations::These(&[DELETE]),
            names: &["hsm_ids"],
        },
    },
    Deviation {
        name: "template parameter format",
        reason: "fact sheet 1.1 and 1.3: `parameter_format` in create and edit bodies",
        allows: Allows::Keys {
            operations: &[CREATE, EDIT],
            example: r#"{"parameter_format": "NAMED"}"#,
        },
    },
    Deviation {
        name: "template lifetime of a message",
        reason: "fact sheet 1.1, 1.3 and 1.7: `message_send_ttl_seconds` in create and edit bodies",
        allows: Allows::Keys {
            operations: &[CREATE, EDIT],
            example: r#"{"message_send_ttl_seconds": 3600}"#,
        },
    },
    Deviation {
        name: "template category change",
        reason: "fact sheet 1.3: `allow_category_change` in create bodies",
        allows: Allows::Keys {
            operations: &[CREATE],
            example: r#"{"allow_category_change": true}"#,
        },
    },
    Deviation {
        name: "examples of named parameters",
        reason: "fact sheet 1.3: `body_text_named_params` and `header_text_named_params`",
        allows: Allows::Keys {
            operations: &[CREATE],
            example: r#"{"components": [{"example": {
                "body_text_named_params": [{"param_name": "first_name", "example": "Ana"}],
                "header_text_named_params": [{"param_name": "order", "example": "1042"}]
            }}]}"#,
        },
    },
    Deviation {
        name: "copy-code button",
        reason: "fact sheet 1.4: its `example` is the code itself, where the file shows the URL button's list only",
        allows: Allows::Keys {
            operations: &[CREATE],
            example: r#"{"components": [{"buttons": [{"type": "COPY_CODE", "example": "SAVE10"}]}]}"#,
        },
    },
    Deviation {
        name: "components of an edit",
        reason: "fact sheet 1.1: an edit replaces the whole list, so it takes what a create takes; the file shows a part",
        allows: Allows::Borrow {
            operation: EDIT,
            key: "components",
            from: CREATE,
        },
    },
    Deviation {
        name: "resumable upload: session",
        reason: "fact sheet 1.4 (media for headers), step 1",
        allows: Allows::Operation {
            operation: ("POST", "/{Version}/{Application-ID}/uploads"),
            parameters: &["file_length", "file_name", "file_type"],
        },
    },
    Deviation {
        name: "resumable upload: bytes",
        reason: "fact sheet 1.4 (media for headers), step 2; Meta's id of a session ends in a signature as a query",
        allows: Allows::Operation {
            operation: ("POST", "/{Version}/upload:{Session}"),
            parameters: &["sig"],
        },
    },
    Deviation {
        name: "resumable upload: offset",
        reason: "fact sheet 1.4 (media for headers), step 3; Meta's id of a session ends in a signature as a query",
        allows: Allows::Operation {
            operation: ("GET", "/{Version}/upload:{Session}"),
            parameters: &["sig"],
        },
    },
    Deviation {
        name: "token inspection",
        reason: "fact sheet 5.6: GET /debug_token, part of the Graph API and not of the WhatsApp file",
        allows: Allows::Operation {
            operation: ("GET", "/{Version}/debug_token"),
            parameters: &["input_token"],
        },
    },
    Deviation {
        name: "application webhook: subscribe",
        reason: "fact sheet 4.2 (App): part of the Graph API and not of the WhatsApp file",
        allows: Allows::Operation {
            operation: ("POST", "/{Version}/{Application-ID}/subscriptions"),
            parameters: &[
                "callback_url",
                "fields",
                "include_values",
                "object",
                "verify_token",
            ],
        },
    },
    Deviation {
        name: "application webhook: read",
        reason: "fact sheet 4.2 (App): same path",
        allows: Allows::Operation {
            operation: ("GET", "/{Version}/{Application-ID}/subscriptions"),
            parameters: &[],
        },
    },
    Deviation {
        name: "application webhook: unsubscribe",
        reason: "fact sheet 4.2 (App): same path",
        allows: Allows::Operation {
            operation: ("DELETE", "/{Version}/{Application-ID}/subscriptions"),
            parameters: &["fields", "object"],
        },
    },
];
