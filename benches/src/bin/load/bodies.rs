//! What is sent: small files and ordinary users. The same number gives the same user.

use serde_json::json;

use crate::http::send;

const BOUNDARY: &str = "----a-boundary-of-a-form";

/// The purposes of the three files of a user, the report first.
pub const PURPOSES: [&str; 3] = ["verification_report", "passport", "proof_of_address"];

/// An upload of the smallest file of a purpose: what is measured are rows, not bytes.
pub fn upload(purpose: &str) -> Vec<u8> {
    let (name, media_type, file) = match purpose {
        "verification_report" => {
            ("report.json", "application/json", br#"{"result":"passed"}"#.to_vec())
        }
        _picture => ("document, both sides.png", "image/png", dossier_testkit::png::grey(1, 1)),
    };
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {media_type}\r\n\r\n"
    );
    let body = [head.as_bytes(), &file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    send("POST /v1/files", &format!("multipart/form-data; boundary={BOUNDARY}"), &body)
}

/// A user with a full verification.
pub fn user(number: u64, files: &[String; 3]) -> Vec<u8> {
    let [report, files @ ..] = files;
    let body = json!({
        "external_id": external_id(number),
        "email": format!("person.{number}@example.com"),
        "phone": format!("+49151{:08}", number % 100_000_000),
        "first_name": "Given Name",
        "last_name": "Family Name",
        "language": "de",
        "country": "DE",
        "metadata": {"channel": "web", "branch": (number % 97).to_string()},
        "verification": {
            "report": report,
            "files": files,
            "provider": "video identification",
            "issuing_date": "2021-03-01",
            "issuing_authority": "City of Example",
            "issuing_country": "DE",
            "expiration_date": "2031-03-01",
            "verification_date": "2026-01-15",
            "address": {
                "street": "Example Street 12",
                "city": "Example",
                "zip_code": "12345",
                "country_of_residence": "DE",
            },
            "gender": "x",
            "birth_date": "1990-01-01",
            "birth_place": "Example",
            "national_id": format!("{number:010}"),
            "document_type": "passport",
            "language": "de",
        },
    });
    send("POST /v2/users", "application/json", body.to_string().as_bytes())
}

/// External ids are in no order, as if somebody else had drawn them: the worst case of an index.
pub fn external_id(number: u64) -> String {
    format!("CUSTOMER-{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
