//! The catalogue of public error codes: stable names, statuses and texts, as data.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $name:literal $status:literal $title:literal $advice:literal;)+) => {
        /// A public error or warning code. Once released, a code keeps its name and meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable dotted name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The HTTP status that goes with it; warnings have 200.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// A short English title for engineers.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What the code means and what to do about it, for the error reference.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)+ }
            }
        }
    };
}

codes! {
    RouteNotFound "route.not_found" 404 "No such route"
        "The path is not part of the API. Compare it with the OpenAPI document at \
         `/openapi.json`; paths have no trailing slash.";
    MethodNotAllowed "route.method_not_allowed" 405 "Method not allowed"
        "The path exists, but not with this method. The `Allow` header lists those it has.";
    AuthMissing "auth.missing" 401 "No credentials"
        "Send `Authorization: Bearer <token>`. Tokens are never read from cookies or the \
         query string.";
    AuthInvalid "auth.invalid" 401 "Credentials not valid"
        "The API key or access token is unknown, malformed or revoked, or the token has expired. \
         Create a key with `dossier key create`, or fetch a new token.";
    AuthScope "auth.scope" 403 "Missing scope"
        "The key is valid but lacks the scope that `detail` names. Create a key that has it.";
    RequestMalformed "request.malformed" 400 "Malformed request"
        "A header, query parameter or JSON body breaks HTTP's or the API's syntax; \
         `detail` says which and how.";
    RequestMember "request.member" 422 "JSON member not valid"
        "A member of the JSON body is unknown, missing or of the wrong type; `pointer` names it.";
    RequestTooLarge "request.too_large" 413 "Request too large"
        "The request body is larger than this route reads. `limit` is in bytes.";
    RequestMediaType "request.media_type" 415 "Content-Type not supported"
        "Send the `Content-Type` that the route takes: `multipart/form-data` for uploads, \
         `application/json` elsewhere.";
    RequestContentEncoding "request.content_encoding" 415 "Content-Encoding not supported"
        "Send the body as it is, without `Content-Encoding`.";
    RequestExpectation "request.expectation" 417 "Expectation not supported"
        "`Expect` may only be `100-continue`.";
    RequestTimeout "request.timeout" 408 "Body too slow"
        "The body stalled or came slower than the minimum rate. Send it again on a better \
         connection.";
    RequestRateLimited "request.rate_limited" 429 "Too many requests"
        "Wait as long as `Retry-After` says, then go on more slowly.";
    RequestCursor "request.cursor" 400 "Cursor or page size not valid"
        "Use `meta.next` exactly as it was given, with the same filters, and a `size` of 1 to 100.";
    MultipartBoundary "multipart.boundary" 400 "Boundary not valid"
        "`Content-Type` needs exactly one `boundary` of 1 to 70 characters (RFC 2046, \
         section 5.1.1). Let the HTTP library set the header.";
    MultipartMalformed "multipart.malformed" 400 "Malformed multipart body"
        "The body breaks RFC 7578 or RFC 2046; `detail` says where. A cut connection \
         looks like this too.";
    MultipartLimit "multipart.limit" 400 "Multipart limit crossed"
        "Too many parts, too long a part header or too long a text field; `limit` says \
         what is allowed.";
    MultipartPartMissing "multipart.part_missing" 400 "Part missing"
        "Send one part named `purpose` and one named `file` that has a filename.";
    MultipartPartRepeated "multipart.part_repeated" 400 "Part repeated"
        "Send each of `purpose` and `file` once. One upload takes one file.";
    IdempotencyKey "idempotency.key" 400 "Idempotency-Key not valid"
        "Send one `Idempotency-Key` of 1 to 255 visible ASCII characters.";
    IdempotencyConflict "idempotency.conflict" 422 "Idempotency-Key used for other content"
        "This key already answered an upload with another purpose, filename or content. \
         Use a new key for a new upload.";
    IdempotencyRunning "idempotency.running" 409 "First request still running"
        "An upload with this key is still under way. Ask again after `Retry-After`.";
    DigestMismatch "digest.mismatch" 422 "Digest does not match"
        "The bytes that arrived have another SHA-256 than the digest header says (RFC \
         9530). Send the file again.";
    FilePurposeUnknown "file.purpose.unknown" 422 "Unknown purpose"
        "Use one of the purposes of `GET /v1/purposes`, compared exactly.";
    FileNameLength "file.name.length" 422 "Filename too short or too long"
        "A filename has 3 to 255 characters, the extension included.";
    FileNameLeadingDot "file.name.leading_dot" 422 "Filename starts with a dot"
        "Send a filename that does not start with `.`.";
    FileNameCharacter "file.name.character" 422 "Filename has a character that is not allowed"
        "Path separators, control characters, bidirectional overrides and invalid UTF-8 \
         are refused in filenames; everything else is fine.";
    FileSizeTooSmall "file.size.too_small" 422 "File too small"
        "No real document is this small. `limit` and `actual` are in bytes.";
    FileSizeTooLarge "file.size.too_large" 413 "File too large"
        "`limit` is in bytes; `GET /v1/purposes` gives the limit of each purpose.";
    FileTypeNotPermitted "file.type.not_permitted" 422 "Media type not permitted for this purpose"
        "`detected` is what the bytes are, `permitted` what the purpose takes.";
    FileTypeDisagrees "file.type.disagrees" 422 "Name or declared type disagrees with the content"
        "The declared media type or the filename's extension belongs to another group of \
         types than the bytes. Send the right one, or `application/octet-stream`.";
    FileTypeUnknown "file.type.unknown" 422 "Content not recognised"
        "The bytes are none of the formats that Dossier knows.";
    FileContentTruncated "file.content.truncated" 422 "File is incomplete"
        "The file ends before its own structure does. Compare its size with the original \
         and send it again.";
    FileContentMalformed "file.content.malformed" 422 "File is damaged"
        "The structure breaks the format's standard; `detail` names the rule.";
    FileContentTooManyPixels "file.content.too_many_pixels" 422 "Image too large"
        "The image declares more pixels than the limits permit. Scale it down.";
    FileContentTwoFormats "file.content.two_formats" 422 "File is two formats at once"
        "The bytes are also a valid file of another format. Export the document again \
         from its source.";
    FilePdfEncrypted "file.pdf.encrypted" 422 "PDF needs a password"
        "Save the PDF without a password and send it again.";
    FilePdfJavaScript "file.pdf.javascript" 422 "PDF contains JavaScript"
        "Print the document to a new PDF, which leaves scripts behind.";
    FilePdfLaunch "file.pdf.launch" 422 "PDF starts programs"
        "Print the document to a new PDF, which leaves launch actions behind.";
    FilePdfRichMedia "file.pdf.rich_media" 422 "PDF contains rich media"
        "Print the document to a new PDF, which leaves Flash, 3D and video behind.";
    FilePdfXfa "file.pdf.xfa" 422 "PDF contains an XFA form"
        "Print the form to a new PDF.";
    FilePdfAttachments "file.pdf.attachments" 422 "PDF contains embedded files"
        "Identity documents may not carry embedded files: print the document to a new \
         PDF. For other purposes this is a warning.";
    FileVideoNoVideoTrack "file.video.no_video_track" 422 "No video track"
        "The container holds no video track; sound alone is not a video.";
    FileMalware "file.malware" 422 "Malware found"
        "The scanner found malware. The bytes were erased.";
    FileNotReady "file.not_ready" 409 "File not ready"
        "A check of this file is still running, or it was rejected; its contents cannot be read.";
    FileInUse "file.in_use" 409 "File in use"
        "The file is part of a user's verification or under legal hold and cannot be deleted.";
    FileNoPreview "file.no_preview" 404 "No preview"
        "There is no preview of this file; `detail` says why.";
    FileNotFound "file.not_found" 404 "No such file"
        "The id is unknown to this client, or the file was deleted.";
    UserNotFound "user.not_found" 404 "No such user"
        "The id is unknown to this client.";
    UserInactive "user.inactive" 403 "User is inactive"
        "An inactive user can be read but not changed.";
    UserChanged "user.changed" 412 "User was changed"
        "The user is in none of the states that `If-Match` names. Read it again, and send the \
         `ETag` of what you then decide on.";
    UserExternalIdTaken "user.external_id.taken" 409 "external_id is taken"
        "Another user of this client has this `external_id`; case does not tell them apart.";
    UserMemberInvalid "user.member.invalid" 422 "Member not valid"
        "A member of the JSON body breaks its rule; `pointer` names it and `detail` the rule.";
    UserMemberUnknown "user.member.unknown" 422 "Member not known"
        "The JSON body has a member that the route does not take; `pointer` names it. Compare \
         its spelling with the OpenAPI document.";
    VerificationNotPending "verification.not_pending" 409 "Verification is not pending"
        "Only a pending verification can be decided. New or replaced documents make it \
         pending again.";
    ReferenceUnknown "reference.unknown" 422 "Reference to no file"
        "The id is unknown to this client, or the file was deleted.";
    ReferenceWrongPurpose "reference.wrong_purpose" 422 "File has the wrong purpose"
        "`report` takes one file of the purpose `verification_report`, `files` takes files of \
         all other purposes.";
    ReferenceTaken "reference.taken" 422 "File belongs to another user"
        "A file belongs to one user for good. Upload it again for another one.";
    ReferenceRepeated "reference.repeated" 422 "File is named twice"
        "A list names each file once.";
    ReferenceRejected "reference.rejected" 422 "File was rejected"
        "A check rejected this file after its upload. Upload another one.";
    EventNotFound "event.not_found" 404 "No such event"
        "This endpoint was never sent an event with this id, or it was more than 30 days ago.";
    WebhookNotFound "webhook.not_found" 404 "No such webhook endpoint"
        "The id is unknown to this client, or the endpoint was deleted.";
    WebhookUrl "webhook.url" 422 "URL not valid for webhooks"
        "An endpoint is an absolute `https` or `http` URL without credentials and fragment, whose \
         host is on the public internet. An operator may permit private addresses with \
         `DOSSIER_WEBHOOKS_ALLOW_PRIVATE`.";
    WebhookEvents "webhook.events" 422 "Events not valid"
        "`events` lists names of events, or `*` for all; `pointer` names the one that is unknown.";
    WebhookTooMany "webhook.too_many" 409 "Too many webhook endpoints"
        "A client has at most `limit` endpoints. Delete one that is not used.";
    FileRange "file.range" 416 "Range not satisfiable"
        "Ask for one byte range inside the file; `Content-Range` gives its length.";
    StorageFull "storage.full" 507 "Storage full"
        "The operator must make room. Nothing was stored; send the file again later.";
    ServiceUnavailable "service.unavailable" 503 "Service unavailable"
        "A dependency is down or the service is overloaded. Ask again after `Retry-After`; \
         with the same `Idempotency-Key` no file is made twice.";
    ServiceInternal "service.internal" 500 "Internal error"
        "A fault of the service. Report the `request_id` to the operator.";
    FileIntegrity "file.integrity" 500 "Stored bytes are damaged"
        "The stored bytes failed verification and are not served. The operator can find \
         the file with `dossier fsck`.";
    FileTypeMismatch "file.type.mismatch" 200 "Name or declared type says a related type"
        "A warning: the content was accepted as what it is. Phones name files so.";
    FilePdfRestricted "file.pdf.restricted" 200 "PDF restricts printing or copying"
        "A warning: the PDF opens without a password but carries restrictions, as many \
         bank statements do.";
    FileContentUnchecked "file.content.unchecked" 200 "Content was not fully checked"
        "A warning: the service runs with a weaker `intake.content_check` than `structure`.";
}

impl Code {
    /// The code with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.name() == name)
    }

    /// Whether the same request can succeed later without a change.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(self.status(), 408 | 429 | 503 | 507)
            || matches!(self, Self::IdempotencyRunning | Self::DigestMismatch)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_lower_case_and_dotted() {
        let names: HashSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            assert!(name.contains('.'), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c)), "{name}");
        }
    }
}
