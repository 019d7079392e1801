//! `POST /{WABA}/message_templates`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{review, validate};
use crate::sandbox::core::Turn;
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::world::{Category, IdKind, RejectedReason, Status, Template, name_key};

/// Creations per hour and account (template management page, Sep 2026).
const CREATIONS_PER_HOUR: usize = 100;

/// The languages of Meta's page of 21 May 2026. Codes are case-sensitive.
const LANGUAGES: &str = "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE en \
    en_GB en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH \
    fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa pl pt_BR \
    pt_PT pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr \
    uk ur uz vi zu ar_SA es_VE";

/// Names of Meta's sample templates, which nobody else may use.
const SAMPLES: [&str; 2] = ["hello_world", "sample_shipping_confirmation"];

/// Reads a category in any case.
pub(crate) fn parse_category(text: &str) -> Option<Category> {
    serde_json::from_value(Value::String(text.to_ascii_uppercase())).ok()
}

/// What a caller declares, checked as far as it does not depend on the account.
struct Declared {
    name: String,
    language: String,
    category: Category,
    format: String,
    ttl: Option<i64>,
    components: Vec<Value>,
}

fn read(turn: &Turn<'_>, params: &serde_json::Map<String, Value>) -> Result<Declared, GraphError> {
    let text = |name: &str| match params.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let required = |name: &str| {
        text(name)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| GraphError::invalid(format_args!("The parameter {name} is required.")))
    };
    let name = required("name")?;
    // ^[a-z0-9_]{1,512}$ (template components page).
    let fits = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !fits || name.len() > 512 {
        return Err(GraphError::template(
            2_388_046,
            "Message template name has invalid format",
            "The message template name can only have lowercase letters, numbers and underscores, up to 512 of them.",
        ));
    }
    if SAMPLES.contains(&name.as_str()) {
        return Err(GraphError::template(
            2_388_155,
            "Message template name is taken by a sample",
            format!("{name} is the name of a sample template. Choose another name."),
        ));
    }
    let language = required("language")?;
    if !LANGUAGES.split_whitespace().any(|known| known == language) {
        return Err(GraphError::invalid(format_args!(
            "Param language must be one of {{{LANGUAGES}}} - got \"{language}\"."
        )));
    }
    let category = required("category")?;
    let category = parse_category(&category).ok_or_else(|| {
        GraphError::invalid(format_args!(
            "Param category must be one of {{UTILITY, MARKETING, AUTHENTICATION}} - got \"{category}\"."
        ))
    })?;
    let format = validate::parameter_format(text("parameter_format"))?;
    let ttl = validate::ttl(params.get("message_send_ttl_seconds"), category)?;
    let components = validate::components(turn, params.get("components"), category, &format)?;
    Ok(Declared {
        name,
        language,
        category,
        format,
        ttl,
        components,
    })
}

/// Handles the call.
pub(crate) fn create(turn: &mut Turn<'_>, call: &Call, waba: &str) -> Result<Reply, GraphError> {
    let params = validate::with_json(call, &["components"]);
    let declared = read(turn, &params)?;
    let Declared { name, language, .. } = &declared;
    let lock = ["*", language.as_str()].into_iter().find(|language| {
        let lock = turn.world.name_locks.get(&name_key(waba, name, language));
        lock.is_some_and(|lock| lock.until > turn.now)
    });
    if lock.is_some() {
        return Err(GraphError::template(
            2_388_023,
            "Message template language is being deleted",
            format!(
                "New {language} content can't be added while the existing {language} content is being deleted. Try again \
                 in 4 weeks or consider creating a new message template."
            ),
        ));
    }
    if turn.world.template_named(waba, name, language).is_some() {
        return Err(GraphError::template(
            2_388_024,
            "Content in this language already exists",
            format!(
                "There is already {language} content for this template. You can create a new template and try again."
            ),
        ));
    }
    if turn.world.templates_of(waba).count() >= turn.world.template_limit(waba) {
        return Err(GraphError::template(
            2_388_019,
            "Message template limit exceeded",
            "This account has reached the number of message templates that it can have.",
        ));
    }
    let hour_ago = turn
        .now
        .saturating_sub(SignedDuration::from_hours(1))
        .unwrap_or(Timestamp::MIN);
    let (now, enforce) = (turn.now, turn.world.behaviour.enforce.creations);
    let account = turn.account(waba);
    // Times ahead of now are from before the clock was turned back.
    account.creations.retain(|at| *at > hour_ago && *at <= now);
    if enforce && account.creations.len() >= CREATIONS_PER_HOUR {
        return Err(GraphError::new(
            80_007,
            format!("(#80007) {}", crate::sandbox::graph::title(80_007)),
        ));
    }
    account.creations.push(now);
    turn.keep_account(waba);
    let mut template = build(turn, waba, declared);
    template.sub_category = call.text("sub_category").map(|text| text.to_uppercase());
    template.cta_url_link_tracking_opted_out = call
        .json("cta_url_link_tracking_opted_out")
        .and_then(|flag| flag.as_bool());
    review::submit(turn, &mut template);
    let answer = json!({
        "id": template.id.to_string(),
        "status": template.status,
        "category": template.category,
    });
    turn.put_template(template);
    Ok(Reply::json(answer))
}

fn build(turn: &mut Turn<'_>, waba: &str, declared: Declared) -> Template {
    Template {
        id: turn.new_id(IdKind::Template),
        number: turn.world.counters.objects,
        waba: waba.to_owned(),
        name: declared.name,
        language: declared.language,
        category: declared.category,
        previous_category: None,
        correct_category: None,
        sub_category: None,
        status: Status::Pending,
        components: declared.components,
        parameter_format: declared.format,
        message_send_ttl_seconds: declared.ttl,
        cta_url_link_tracking_opted_out: None,
        rejected_reason: RejectedReason::None,
        recommendation: None,
        quality_score: None,
        created_at: turn.now,
        updated_at: turn.now,
        edits: Vec::new(),
        pauses: 0,
        manual_unpause: false,
        timer: None,
    }
}

/// Puts a template into an account from behind: checked like any other, but outside all quotas and approved at once.
pub(crate) fn seed(turn: &mut Turn<'_>, waba: &str, declared: &Value) -> Result<u64, GraphError> {
    let params = declared
        .as_object()
        .ok_or_else(|| GraphError::invalid("a template must be an object"))?;
    let declared = read(turn, params)?;
    if turn
        .world
        .template_named(waba, &declared.name, &declared.language)
        .is_some()
    {
        return Err(GraphError::invalid(
            "there is already a template of this name and language",
        ));
    }
    turn.account(waba);
    let mut template = build(turn, waba, declared);
    template.status = Status::Approved;
    let id = template.id;
    turn.put_template(template);
    Ok(id)
}
