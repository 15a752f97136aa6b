//! A small HTTP/1.1 server that records what it is asked and answers from a script.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One step of the script: what happens to the next connection.
pub(crate) enum Play {
    /// A whole answer: status line, further headers, body.
    Answer(&'static str, String, Vec<u8>),
    /// The request is read and the connection closed without a word.
    Cut,
    /// An answer that promises ten bytes more than it brings.
    CutShort(&'static str, String, Vec<u8>),
    /// An answer before the request's body is read; the connection closes a little later.
    Early(&'static str, Vec<u8>),
}

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub(crate) struct Stub {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Stub {
    /// Plays the steps in the order in which connections come in.
    pub(crate) fn new(script: Vec<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        std::thread::spawn(move || {
            for play in script {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, &play, &record);
            }
        });
        Self { url, seen }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, play: &Play, record: &Mutex<Vec<Request>>) {
    let early = matches!(play, Play::Early(..));
    let request = read(&mut BufReader::new(stream.try_clone().unwrap()), early);
    record.lock().unwrap().push(request);
    let (status, headers, body, more) = match play {
        Play::Cut => return,
        Play::Early(status, body) => (status, &String::new(), body, 0),
        Play::Answer(status, headers, body) => (status, headers, body, 0),
        Play::CutShort(status, headers, body) => (status, headers, body, 10),
    };
    let length = body.len() + more;
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    if early {
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn read(reader: &mut BufReader<TcpStream>, head_only: bool) -> Request {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: HashMap<String, String> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    assert!(!headers.contains_key("transfer-encoding"), "lengths are known beforehand");
    let length = if head_only { None } else { headers.get("content-length") };
    let length = length.map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Request { line: lines.first().cloned().unwrap_or_default(), headers, body }
}
