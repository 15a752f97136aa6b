//! Any body of a token request, as a form and as JSON, and any Basic header: no panic, and what
//! was read from one form is read from its other spelling.

#![no_main]

use dossier_domain::{
    Authorization, ClientCredentials, Parameters, RequestFault, RevocationRequest, TokenRequest,
};
use libfuzzer_sys::fuzz_target;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn read(parameters: &Parameters) -> Result<TokenRequest, RequestFault> {
    let basic = Authorization::from_basic(b"a:b");
    for authorization in [Authorization::Absent, Authorization::Unusable, basic] {
        let credentials = ClientCredentials::of(authorization, parameters);
        if let Ok(Some(ClientCredentials { client_id, .. })) = credentials {
            assert!(!client_id.is_empty());
        }
    }
    TokenRequest::read(parameters)
}

fuzz_target!(|body: &[u8]| {
    let _ = Authorization::from_basic(body);
    for parameters in [Parameters::from_form(body), Parameters::from_json(body)] {
        let Ok(parameters) = parameters else { continue };
        if let Ok(RevocationRequest { token }) = RevocationRequest::read(&parameters) {
            let form = format!("%74oken={}", encoded(&token));
            let again = Parameters::from_form(form.as_bytes());
            let again = again.and_then(|parameters| RevocationRequest::read(&parameters));
            assert!(again == Ok(RevocationRequest { token }));
        }
        if let Ok(request @ TokenRequest::RefreshToken { .. }) = read(&parameters) {
            let TokenRequest::RefreshToken { token, scopes } = &request else { return };
            let scope = scopes.map(|scopes| scopes.to_string()).unwrap_or_default();
            let form = format!(
                "grant_type=refresh_token&refresh_token={}&scope={}",
                encoded(token),
                encoded(&scope)
            );
            let again = Parameters::from_form(form.as_bytes());
            assert!(again.and_then(|parameters| read(&parameters)) == Ok(request));
        }
    }
});
