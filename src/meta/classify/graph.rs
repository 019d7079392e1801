//! The codes that the whole Graph API shares: tokens, permissions, rates.

use super::Class::{Account, Contact, Number, Request, Temporary, Throttled, Uncertain};
use super::row::{Row, code, codes};

const NEW_TOKEN: &str = "Create a system-user token that does not expire: business.facebook.com, Business settings, Users, System users, Generate token, with whatsapp_business_messaging and whatsapp_business_management, expiry Never; then put it where access_token points.";
const GRANT: &str = "Give the token's system user the permission whatsapp_business_management (templates, numbers) and whatsapp_business_messaging (sending), assign the WhatsApp account to it in Business settings, and generate the token anew.";
const CHECK_ID: &str = "Check the id, and that the WhatsApp account is assigned to the token's system user in Business settings.";

pub(super) const ROWS: &[Row] = &[
    code(0, Account, "the token is invalid or its permission was withdrawn").advice(NEW_TOKEN),
    code(1, Temporary, "unknown error, often a malformed or unsupported call").retries(2, Request),
    code(2, Temporary, "the service is down or overloaded"),
    code(3, Account, "the app lacks the capability for this call")
        .advice("Add the WhatsApp product to the app, and check its access level in the App Dashboard."),
    code(4, Throttled, "the app has reached its call rate").every(60, 600),
    code(10, Account, "the permission was not granted or was removed").advice(GRANT),
    code(17, Throttled, "the user has reached the call rate").every(60, 600),
    code(33, Number, "the object was deleted or the token cannot see it").advice(CHECK_ID),
    code(100, Number, "the object does not exist or the token cannot see it")
        .subcodes(&[33])
        .advice(CHECK_ID),
    code(100, Request, "a parameter is invalid or not supported"),
    code(102, Account, "the session is invalid").advice(NEW_TOKEN),
    code(104, Account, "the token or its appsecret_proof is missing or wrong")
        .advice("Set app_secret to the secret of the app that the token was made for (App Dashboard, Settings, Basic)."),
    code(190, Account, "the token has expired")
        .subcodes(&[463])
        .advice(NEW_TOKEN),
    code(190, Account, "the app is not authorised by the token's user")
        .subcodes(&[458])
        .advice(NEW_TOKEN),
    code(190, Account, "the token's user must pass a security check")
        .subcodes(&[459, 464])
        .advice("Log in at facebook.com as that user and answer the check, or use a system-user token."),
    code(190, Account, "the token ended with a change of password")
        .subcodes(&[460])
        .advice(NEW_TOKEN),
    code(190, Account, "the token is invalid").advice(NEW_TOKEN),
    codes(200, 299, Account, "a permission is missing").advice(GRANT),
    code(341, Throttled, "the application's limit is reached").every(60, 600),
    code(368, Account, "the account is blocked for a while for a violation of policy")
        .advice("See WhatsApp Manager, Account quality, for the reason and the end of the block."),
    // On a send this says that the same message was handed over just before.
    code(506, Uncertain, "the same post was made just before").in_status(Contact),
    code(613, Throttled, "a custom rate limit is reached").every(60, 3600),
    code(803, Number, "no object has this id").advice(CHECK_ID),
    code(80007, Throttled, "the WhatsApp account has reached its call rate").every(60, 600),
    code(80008, Throttled, "the WhatsApp account has reached its management call rate").every(60, 600),
];
