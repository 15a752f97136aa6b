// Uploads with net/http and mime/multipart, in both orders of the parts; see ../README.md.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func send(method, url, kind string, body io.Reader) (int, []byte) {
	request := must(http.NewRequest(method, url, body))
	request.Header.Set("Authorization", "Bearer "+os.Getenv("DOSSIER_KEY"))
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	answer := must(http.DefaultClient.Do(request))
	defer answer.Body.Close()
	return answer.StatusCode, must(io.ReadAll(answer.Body))
}

func show(client, url string, status int, answer, content []byte) {
	word := "different"
	if status == 201 {
		var created struct{ Data []struct{ Url string } }
		check(json.Unmarshal(answer, &created))
		_, stored := send("GET", url+created.Data[0].Url, "", nil)
		if bytes.Equal(stored, content) {
			word = "same"
		}
	}
	text := strings.ReplaceAll(string(answer), "\n", " ")
	fmt.Printf("%s\t%d\t%s\t%s\n", client, status, word, text)
}

// The whole form in memory, so that its length is known.
func buffered(url, purpose, name string, content []byte) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	check(form.WriteField("purpose", purpose))
	must(must(form.CreateFormFile("file", name)).Write(content))
	check(form.Close())
	status, answer := send("POST", url+"/v1/files", form.FormDataContentType(), &body)
	show("go", url, status, answer, content)
}

// A pipe, so that the length is unknown and the body comes in chunks; the file comes first.
func streamed(url, purpose, name string, content []byte) {
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() {
		part := must(form.CreateFormFile("file", name))
		must(io.Copy(part, bytes.NewReader(content)))
		check(form.WriteField("purpose", purpose))
		check(form.Close())
		check(writer.Close())
	}()
	status, answer := send("POST", url+"/v1/files", form.FormDataContentType(), reader)
	show("go, streamed, file first", url, status, answer, content)
}

func main() {
	url := os.Args[1]
	cases := string(must(os.ReadFile(os.Args[2])))
	for _, line := range strings.Split(strings.TrimRight(cases, "\n"), "\n") {
		fields := strings.Split(line, "\t")
		purpose, path, name := fields[0], fields[2], fields[3]
		content := must(os.ReadFile(path))
		buffered(url, purpose, name, content)
		streamed(url, purpose, name, content)
	}
}
