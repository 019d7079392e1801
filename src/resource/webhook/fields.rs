//! The webhook fields of a WhatsApp Business account.

/// Meta's opt-outs: "Offers and announcements" in WhatsApp's own settings.
pub const USER_PREFERENCES: &str = "user_preferences";

/// All that waform acts on, sorted.
pub const ACTED_ON: [&str; 13] = [
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    USER_PREFERENCES,
];

/// Those of them that an account's own address may get.
pub(super) const ACTED_ON_OF_MESSAGES: [&str; 2] = ["messages", USER_PREFERENCES];

/// The fields that an account's own address may get ("Webhook overrides", September 2026: message-type fields only).
pub(super) const OF_MESSAGES: [&str; 6] = [
    "calls",
    "history",
    "messages",
    "smb_app_state_sync",
    "smb_message_echoes",
    USER_PREFERENCES,
];

/// Every field that Meta documents ("Webhooks overview", September 2026), sorted.
pub(super) const KNOWN: [&str; 26] = [
    "account_alerts",
    "account_review_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "calls",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_category_update",
    "user_id_update",
    USER_PREFERENCES,
];
