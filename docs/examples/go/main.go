// Uploads a passport, creates the person and waits until a reviewer has decided.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

var base, key, hook = os.Getenv("DOSSIER_URL"), os.Getenv("DOSSIER_KEY"), os.Getenv("HOOK")

type event struct {
	Type string `json:"type"`
	Data struct {
		UserID string `json:"user_id"`
	} `json:"data"`
}

type delivery struct {
	header http.Header
	body   []byte
}

// call reads the data of an answer; every broken rule of a refused request is in the error.
func call(request *http.Request, data any) error {
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNoContent {
		return nil
	}
	if answer.StatusCode >= 300 {
		var problem struct {
			Errors []struct{ Code, Detail string }
		}
		err := errors.New(answer.Status)
		if json.NewDecoder(answer.Body).Decode(&problem) == nil {
			for _, e := range problem.Errors {
				err = fmt.Errorf("%w\n%s: %s", err, e.Code, e.Detail)
			}
		}
		return err
	}
	return json.NewDecoder(answer.Body).Decode(&struct{ Data any }{data})
}

func post(path string, body, data any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	return call(request, data)
}

func upload(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	// Writing to memory cannot fail.
	_ = form.WriteField("purpose", "passport")
	part, _ := form.CreateFormFile("file", filepath.Base(path))
	_, _ = part.Write(content)
	_ = form.Close()
	request, err := http.NewRequest(http.MethodPost, base+"/v1/files", &body)
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	// The key makes it safe to send the same upload again when no answer came.
	request.Header.Set("Idempotency-Key", random())
	var files []struct{ ID string }
	if err := call(request, &files); err != nil {
		return "", err
	}
	return files[0].ID, nil
}

// eventOf reads a webhook, unless Dossier did not send it now (Standard Webhooks).
func eventOf(came delivery, secret string) (e event, ok bool) {
	id, at := came.header.Get("Webhook-Id"), came.header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age.Abs() > 5*time.Minute {
		return e, false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return e, false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, came.body)
	ours := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, theirs := range strings.Fields(came.header.Get("Webhook-Signature")) {
		if hmac.Equal(ours, []byte(theirs)) {
			return e, json.Unmarshal(came.body, &e) == nil
		}
	}
	return e, false
}

func receive() (<-chan delivery, error) {
	at, err := url.Parse(hook)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", at.Host)
	if err != nil {
		return nil, err
	}
	deliveries := make(chan delivery, 16)
	go func() {
		log.Fatal(http.Serve(listener, http.HandlerFunc(
			func(answer http.ResponseWriter, request *http.Request) {
				body, err := io.ReadAll(request.Body)
				if err != nil {
					return
				}
				// Acknowledge first, work later: Dossier waits for 15 seconds.
				answer.WriteHeader(http.StatusNoContent)
				deliveries <- delivery{request.Header, body}
			})))
	}()
	return deliveries, nil
}

func run(path string) (err error) {
	deliveries, err := receive()
	if err != nil {
		return err
	}
	var endpoint struct{ ID, Secret string }
	wanted := map[string]any{"url": hook, "events": []string{"user.verified", "user.rejected"}}
	if err := post("/v1/webhook_endpoints", wanted, &endpoint); err != nil {
		return err
	}
	defer func() {
		path := base + "/v1/webhook_endpoints/" + endpoint.ID
		request, failed := http.NewRequest(http.MethodDelete, path, nil)
		if failed == nil {
			failed = call(request, nil)
		}
		if err == nil {
			err = failed
		}
	}()
	file, err := upload(path)
	if err != nil {
		return err
	}
	var user struct{ ID string }
	person := map[string]any{
		"external_id":  "customer-" + random(),
		"verification": map[string]any{"document_type": "passport", "files": []string{file}},
	}
	if err := post("/v2/users", person, &user); err != nil {
		return err
	}
	fmt.Println("user", user.ID)
	for came := range deliveries {
		if e, ok := eventOf(came, endpoint.Secret); ok && e.Data.UserID == user.ID {
			fmt.Println(e.Type, user.ID)
			return nil
		}
	}
	return nil
}

func random() string {
	var bytes [16]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(bytes[:])
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: verify FILE")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
