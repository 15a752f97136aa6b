//! A small HTTP/1.1 client over one connection that it keeps.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::document::Document;
use crate::service::KEY;

/// Nothing here waits longer for one read or write; no test measures time with it.
const DEADLINE: Duration = Duration::from_secs(120);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; names are compared in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The id of the file that was just created.
    ///
    /// # Panics
    /// When none was.
    #[must_use]
    pub fn created_id(&self) -> String {
        assert_eq!(self.status, 201, "{}", self.text());
        self.json()["data"][0]["id"].as_str().expect("a created file has an id").to_owned()
    }
}

/// A client with an API key.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    key: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client with the key of all scopes. It connects when it is first needed.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, key: KEY.to_owned(), connection: None }
    }

    /// The same client with another key.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self }
    }

    /// Uploads a document.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn upload(&mut self, document: &Document) -> io::Result<Answer> {
        self.upload_head(document)?;
        let form = document.form();
        let sent = self.write(&form);
        // An early answer is worth more than the error of the write that it cut.
        self.read_answer().map_err(|unread| sent.err().unwrap_or(unread))
    }

    /// Begins an upload and leaves the body to [`Client::write`].
    ///
    /// # Errors
    /// When the connection fails.
    pub fn upload_head(&mut self, document: &Document) -> io::Result<()> {
        let kind = Document::form_type();
        let length = document.form().len();
        let headers = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        self.write_head("POST", "/v1/files", &headers)
    }

    /// Asks for `path`.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.write_head("GET", path, "")?;
        self.read_answer()
    }

    /// Sends a body of this media type to `path`.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> io::Result<Answer> {
        self.send("POST", path, (kind, body))
    }

    /// Sends a JSON body to `path`.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn json(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Answer> {
        self.send(method, path, ("application/json", body.to_string().as_bytes()))
    }

    fn send(&mut self, method: &str, path: &str, body: (&str, &[u8])) -> io::Result<Answer> {
        let (kind, body) = body;
        let length = body.len();
        let headers = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        self.write_head(method, path, &headers)?;
        self.write(body)?;
        self.read_answer()
    }

    /// Asks for the contents of a file.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn contents(&mut self, id: &str) -> io::Result<Answer> {
        self.get(&format!("/v1/files/{id}/contents"))
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn delete(&mut self, id: &str) -> io::Result<Answer> {
        self.write_head("DELETE", &format!("/v1/files/{id}"), "")?;
        self.read_answer()
    }

    /// All files, page after page.
    ///
    /// # Panics
    /// When the list cannot be read.
    pub fn list(&mut self) -> Vec<Value> {
        self.pages("/v1/files?size=100")
    }

    /// All events, page after page.
    ///
    /// # Panics
    /// When the list cannot be read.
    pub fn events(&mut self) -> Vec<Value> {
        self.pages("/v1/events?size=100")
    }

    fn pages(&mut self, first: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut path = first.to_owned();
        loop {
            let answer = self.get(&path).expect("the list can be read");
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page = answer.json();
            all.extend(page["data"].as_array().expect("a list has data").iter().cloned());
            let Some(next) = page["meta"]["next"].as_str() else { return all };
            path = format!("{first}&after={next}");
        }
    }

    fn write_head(&mut self, method: &str, path: &str, headers: &str) -> io::Result<()> {
        let (address, key) = (self.address, &self.key);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             {headers}\r\n"
        );
        self.write(head.as_bytes())
    }

    /// Writes raw bytes.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(DEADLINE))?;
            stream.set_write_timeout(Some(DEADLINE))?;
            stream.set_nodelay(true)?;
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self.connection.as_mut().expect("it was just made");
        connection.get_mut().write_all(bytes)
    }

    /// Reads one answer with a body of known length.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn read_answer(&mut self) -> io::Result<Answer> {
        let mut connection = self.connection.take().ok_or(io::ErrorKind::NotConnected)?;
        let answer = read(&mut connection)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let first = line(connection)?;
    let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    let mut headers = Vec::new();
    loop {
        let line = line(connection)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    let length = match answer.header("content-length") {
        Some(length) => length.parse().map_err(io::Error::other)?,
        None if status == 204 => 0,
        None => return Err(io::Error::other(format!("an answer without a length: {answer:?}"))),
    };
    answer.body = vec![0; length];
    connection.read_exact(&mut answer.body)?;
    Ok(answer)
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
