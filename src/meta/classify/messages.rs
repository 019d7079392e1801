//! The codes of sending, numbers and the products around them.

use super::Class::{
    Account, Contact, ContactLater, ContactSuppress, Country, Number, Request, Template, Temporary,
    Throttled, ThrottledPair, Uncertain,
};
use super::row::{Row, code, codes};

const MARKETING_API: &str =
    "Send the template through the campaign's other route, or change its category.";
const SCHEMA: &str = "The mapping and the template do not fit each other: plan again, so that the live template is read, and compare its variables with the mapping.";

pub(super) const ROWS: &[Row] = &[
    code(130_403, ContactSuppress, "the business has blocked this user"),
    code(130_429, Throttled, "the number's throughput is reached"),
    code(130_472, Contact, "the user is in one of Meta's experiments and gets no marketing"),
    code(130_497, Country, "the business may not message users in this country"),
    code(130_501, Request, "this kind of message is not supported in groups"),
    code(131_000, Uncertain, "something went wrong at Meta").in_status(Temporary),
    codes(131_001, 131_002, Contact, "the message could not be delivered"),
    code(131_005, Account, "access denied")
        .advice("Give the token's system user the permission whatsapp_business_messaging for this account."),
    code(131_006, Contact, "the message could not be delivered"),
    code(131_008, Request, "a required parameter is missing"),
    code(131_009, Request, "a parameter's value is invalid"),
    code(131_016, Temporary, "the service is unavailable"),
    code(131_020, Contact, "the group has a single member"),
    code(131_021, Contact, "recipient and sender are the same number"),
    // Meta gives no nearer reason; it is no proof that the person is not on WhatsApp.
    code(131_026, Contact, "undeliverable: not on WhatsApp, an old app, terms not accepted, or blocked"),
    code(131_030, Contact, "the test number may only message its five listed recipients")
        .advice("Add the recipient to the test number's list in the App Dashboard (WhatsApp, API Setup)."),
    code(131_031, Account, "the account is locked")
        .advice("See WhatsApp Manager, Account quality, for the reason."),
    code(131_037, Number, "the number has no approved display name")
        .advice("Have a display name approved in WhatsApp Manager, Phone numbers."),
    code(131_041, Contact, "the group is unknown or the number is not a member"),
    code(131_042, Account, "the payment method fails")
        .advice("Check payment method, credit line and currency in Business settings, Billing."),
    code(131_043, Contact, "the message expired before it was delivered"),
    code(131_044, Account, "the payment method for calls fails"),
    code(131_045, Number, "the number is not registered properly")
        .advice("Register the number again (POST /{phone number id}/register)."),
    code(131_047, Contact, "more than 24 hours since the user's last message")
        .advice("Outside the service window only templates can be sent."),
    code(131_048, Number, "too many messages of this number were blocked or reported")
        .every(3600, 6 * 3600)
        .advice("Pause the number for hours and look at its quality in WhatsApp Manager; insisting makes it worse."),
    code(131_049, ContactLater, "the user has had enough marketing for now"),
    code(131_050, ContactSuppress, "the user has opted out of this business's marketing"),
    code(131_051, Request, "this kind of message is not supported"),
    code(131_052, Temporary, "the media could not be fetched").retries(2, Request),
    code(131_053, Template, "the media could not be uploaded")
        .advice("Check kind, size and address of the header's media; it is the same for all contacts."),
    code(131_055, Template, "the template is not a marketing template").advice(MARKETING_API),
    code(131_056, ThrottledPair, "too many messages from this number to this user"),
    // Not our doing, but like it: the whole number waits, up to a minute, and nobody is failed.
    code(131_057, Throttled, "the account is in maintenance, for about a minute").every(15, 60),
    code(131_059, Request, "the paging cursor is invalid"),
    code(131_060, Contact, "the message is not available any more"),
    code(131_062, Contact, "the user id cannot be used here, a phone number is needed"),
    code(131_063, Template, "marketing through the Cloud API is switched off for this account"),
    code(131_064, Template, "the account's messages are capped for templates in the wrong category")
        .advice("Meta lifts the cap by itself after some days; correct the categories until then."),
    codes(131_201, 131_215, Request, "the group refused the request"),
    code(132_000, Template, "the number of parameters is not the template's").advice(SCHEMA),
    code(132_001, Template, "no approved template of this name and language")
        .advice("Plan again; the template may have been deleted, or be in review."),
    code(132_005, Contact, "the text is too long with this contact's values"),
    code(132_007, Template, "the template's content violates a policy"),
    code(132_008, Contact, "a value is not allowed in a template"),
    code(132_012, Template, "a parameter has another form than the template's").advice(SCHEMA),
    code(132_015, Template, "the template is paused for low quality")
        .advice("Meta lifts a quality pause after 3 or 6 hours; a pause that came from pacing needs the template unpaused by hand."),
    code(132_016, Template, "the template is disabled for good")
        .advice("Use a new template; this one cannot come back."),
    code(132_018, Template, "something is wrong with the template's parameters").advice(SCHEMA),
    code(132_068, Template, "the flow is blocked"),
    code(132_069, Temporary, "the flow is throttled to ten messages an hour").every(360, 3600),
    code(133_000, Temporary, "a deregistration was left unfinished"),
    codes(133_001, 133_003, Number, "the number is not ready"),
    code(133_004, Temporary, "the server is temporarily unavailable"),
    code(133_005, Request, "the PIN is wrong"),
    code(133_006, Number, "the number must be verified first")
        .advice("Request a code for the number and verify it in WhatsApp Manager."),
    code(133_007, Number, "the number is not ready"),
    // Never repeated by itself: each guess makes the lock longer.
    codes(133_008, 133_009, Throttled, "too many guesses of the PIN").retries(0, Request),
    code(133_010, Number, "the number is not registered")
        .advice("Register the number for the Cloud API (WhatsApp Manager, or POST /{phone number id}/register)."),
    code(133_015, Temporary, "the number was deleted a moment ago").every(300, 600),
    code(133_016, Throttled, "registered and deregistered ten times in 72 hours").retries(0, Request),
    code(134_011, Account, "the payment terms are not accepted"),
    code(134_100, Template, "only marketing templates are allowed here").advice(MARKETING_API),
    code(134_101, Temporary, "the template is not known yet to the marketing route").every(600, 600),
    code(134_102, Template, "the template is not available on the marketing route"),
    code(135_000, Temporary, "generic error of parameters or pacing").retries(1, Request),
    code(136_024, Request, "the number is verified already"),
    code(136_025, Request, "the number could not be verified"),
    code(137_000, Contact, "the user's identity has changed")
        .advice("Make sure that it is still the same person before messaging again."),
    code(138_001, Contact, "the user cannot be called"),
    code(138_006, Contact, "the user has not given permission to be called"),
    codes(138_000, 138_025, Request, "the call was refused"),
    codes(139_000, 139_004, Request, "the flow was refused"),
    codes(139_100, 139_101, Request, "the list of blocked users refused the request"),
    codes(139_102, 139_103, Temporary, "the list of blocked users is being changed"),
    code(141_002, Template, "the template is not approved"),
    code(141_008, Account, "the account is locked"),
    code(141_014, Account, "the account is banned"),
    codes(147_001, 147_005, Request, "the username was refused"),
    codes(200_005, 200_007, Request, "template insights are not available"),
    code(1_752_041, Request, "a conflict with another request"),
];
