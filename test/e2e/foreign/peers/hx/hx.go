// hx/interop in Go: stands for the reference implementation (Go module at commit ade9e5a).
//
// Written by us from its described behaviour (docs/wire/hx-interop.md), not copied. Checked by Peers.test.ts: its reader and
// writer against every vector of test/fixtures/foreign/hx-interop.json, its server and client against the recorded sessions.
//
// Law: its quirks are kept. Every name, ": ", value, line feed and body leaves in a write of its own; ids begin at "0"; every
// message is answered, also one without class or id; a panic becomes an error header after the id; messages are handled
// concurrently; the client joins errors with "; " and hands what it does not know to its event handlers.
//
//	hx server stdio|unix PATH|fifo READ WRITE
//	hx client stdio|unix PATH|fifo WRITE READ   countdown N | session | calls JSON
//	hx codec                                    lines of JSON in, lines of JSON out
//
// HX_TICK_MS is the time between two ticks (0).
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	idName     = "Interop-Rpc-Id"
	className  = "Interop-Rpc-Class"
	errorName  = "Interop-Error"
	typeName   = "Content-Type"
	lengthName = "Content-Length"
)

// ---- messages

type message struct {
	headers [][2]string
	body    []byte
}

// Go splits names at '-' only, and leaves a name with any other than token bytes as it is.
func canonical(name string) string {
	for i := 0; i < len(name); i++ {
		if !isToken(name[i]) {
			return name
		}
	}
	parts := strings.Split(name, "-")
	for i, part := range parts {
		if part != "" {
			parts[i] = strings.ToUpper(part[:1]) + strings.ToLower(part[1:])
		}
	}
	return strings.Join(parts, "-")
}

func isToken(b byte) bool {
	switch {
	case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

func (m *message) all(name string) (values []string) {
	for _, header := range m.headers {
		if header[0] == canonical(name) {
			values = append(values, header[1])
		}
	}
	return
}

func (m *message) get(name string) string {
	if values := m.all(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

func (m *message) add(name, value string) *message {
	m.headers = append(m.headers, [2]string{canonical(name), value})
	return m
}

// Setting removes every header of that name and appends at the end.
func (m *message) set(name, value string) *message {
	kept := make([][2]string, 0, len(m.headers)+1)
	for _, header := range m.headers {
		if header[0] != canonical(name) {
			kept = append(kept, header)
		}
	}
	m.headers = kept
	return m.add(name, value)
}

func (m *message) content(contentType string, body []byte) *message {
	m.body = body
	return m.set(typeName, contentType).set(lengthName, strconv.Itoa(len(body)))
}

func (m *message) json(value interface{}) *message {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return m.content("application/json", body)
}

// ---- bytes

func readLine(in *bufio.Reader) (string, error) { return in.ReadString('\n') }

func isBlank(line string) bool { return line == "\n" || line == "\r\n" }

func readMessage(in *bufio.Reader) (*message, error) {
	m := &message{}
	// The whole paragraph first, then its lines: an end of input before the blank line hides a bad header.
	paragraph, err := readParagraph(in)
	if err != nil {
		return nil, err
	}
	for _, line := range strings.SplitAfter(string(paragraph), "\n") {
		if line == "" {
			break
		}
		colon := strings.IndexByte(line, ':')
		if colon < 0 {
			return nil, errors.New("bad header: " + line)
		}
		m.add(strings.TrimSpace(line[:colon]), strings.TrimSpace(line[colon+1:]))
	}
	if length := m.get(lengthName); length != "" {
		m.body, err = readCounted(in, length)
	} else {
		m.body, err = readParagraph(in)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

func readCounted(in *bufio.Reader, length string) ([]byte, error) {
	// What is no number counts as 0, what is too large is allocated all the same (and panics), as in the reference.
	n, _ := strconv.ParseUint(length, 10, 64)
	body := make([]byte, n)
	if _, err := io.ReadFull(in, body); err != nil {
		return nil, err
	}
	b, err := in.ReadByte()
	if err == nil && b == '\r' {
		b, err = in.ReadByte()
	}
	if err != nil {
		return nil, err
	}
	if b != '\n' {
		return nil, fmt.Errorf("expected a newline after %d bytes of content", n)
	}
	return body, nil
}

func readParagraph(in *bufio.Reader) ([]byte, error) {
	body := []byte{}
	for {
		line, err := readLine(in)
		if err != nil {
			return nil, err
		}
		if isBlank(line) {
			return body, nil
		}
		body = append(body, line...)
	}
}

// One write for each piece: a reader sees arbitrary fragments.
func writeMessage(out io.Writer, m *message) error {
	pieces := make([]string, 0, len(m.headers)*4+3)
	for _, header := range m.headers {
		pieces = append(pieces, header[0], ": ", header[1], "\n")
	}
	pieces = append(pieces, "\n", string(m.body), "\n")
	for _, piece := range pieces {
		if piece == "" {
			continue
		}
		if _, err := io.WriteString(out, piece); err != nil {
			return err
		}
	}
	return nil
}

type conn struct {
	in      *bufio.Reader
	out     io.Writer
	close   func() // closes the writing end
	writing sync.Mutex
}

func (c *conn) write(m *message) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return writeMessage(c.out, m)
}

// ---- server

type responder func(c *conn, request *message, response *message)

var routes = map[string]responder{
	"ping": func(_ *conn, _ *message, response *message) { response.json("pong") },
	"echo": func(_ *conn, request *message, response *message) {
		contentType := request.get(typeName)
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		response.content(contentType, request.body)
	},
	"headers": func(_ *conn, request *message, response *message) { response.json(request.headers) },
	"empty":   func(*conn, *message, *message) {},
	"string":  func(*conn, *message, *message) {},
	"raw":     func(_ *conn, _ *message, response *message) { response.body = []byte("pong\n") },
	"error": func(_ *conn, _ *message, response *message) {
		response.json(map[string]int{"partial": 1}).add(errorName, "first").add(errorName, "second")
	},
	"boom": func(_ *conn, _ *message, response *message) {
		response.set("X-Before", "1")
		panic("kaboom")
	},
	// Its line break ends the header in the middle: what comes after is no header.
	"burst": func(*conn, *message, *message) { panic("l1\nl2") },
	"slow": func(_ *conn, request *message, response *message) {
		ms, _ := strconv.Atoi(request.get("Ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		response.json(ms)
	},
	"ticks": func(c *conn, request *message, response *message) {
		count, _ := strconv.Atoi(request.get("Count"))
		sendTicks(c, count)
		response.json(count)
	},
	"countdown": func(c *conn, request *message, _ *message) {
		count, _ := strconv.Atoi(request.get("ticks"))
		sendTicks(c, count)
	},
	"add": func(_ *conn, request *message, response *message) {
		var terms struct{ A, B int }
		if err := json.Unmarshal(request.body, &terms); err != nil {
			panic(err)
		}
		response.json(terms.A + terms.B)
	},
	"shout": func(_ *conn, request *message, response *message) {
		response.content("text/plain", []byte(strings.ToUpper(string(request.body))))
	},
}

func sendTicks(c *conn, count int) {
	pause, _ := strconv.Atoi(os.Getenv("HX_TICK_MS"))
	for i := 1; i <= count; i++ {
		time.Sleep(time.Duration(pause) * time.Millisecond)
		tick := (&message{}).set(className, "tick").json(i)
		if c.write(tick) != nil {
			return
		}
	}
}

func answer(c *conn, request *message) {
	response := &message{}
	defer func() {
		if fault := recover(); fault != nil {
			response.set(idName, request.get(idName)).add(errorName, fmt.Sprintf("panic: %v", fault))
			_ = c.write(response)
		}
	}()
	if route, known := routes[request.get(className)]; known {
		route(c, request, response)
	}
	response.set(idName, request.get(idName))
	_ = c.write(response)
}

// Answers the error that ended the reading, once every handler has written its answer.
func serve(c *conn) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		request, err := readMessage(c.in)
		if err != nil {
			return err
		}
		running.Add(1)
		go func() {
			defer running.Done()
			answer(c, request)
		}()
	}
}

// ---- client

type client struct {
	conn    *conn
	pending map[string]chan *message
	next    uint64
	guard   sync.Mutex
	onEvent func(*message)
}

// Reads until the end; calls that wait then are left waiting, as in the reference.
func (c *client) run() error {
	for {
		m, err := readMessage(c.conn.in)
		if err != nil {
			return err
		}
		c.guard.Lock()
		waiting, known := c.pending[m.get(idName)]
		delete(c.pending, m.get(idName))
		c.guard.Unlock()
		if known {
			waiting <- m
		} else {
			c.onEvent(m)
		}
	}
}

func (c *client) send(class string, edit func(*message)) chan *message {
	request := (&message{}).set(className, class)
	if edit != nil {
		edit(request)
	}
	c.guard.Lock()
	defer c.guard.Unlock()
	id := strconv.FormatUint(c.next, 10)
	c.next++
	waiting := make(chan *message, 1)
	c.pending[id] = waiting
	request.set(idName, id)
	_ = c.conn.write(request)
	return waiting
}

func (c *client) call(class string, edit func(*message)) *message { return <-c.send(class, edit) }

func runClient(c *conn, args []string, report io.Writer) {
	var end error
	ended := make(chan struct{})
	caller := &client{conn: c, pending: map[string]chan *message{}, onEvent: func(*message) {}}
	start := func() {
		go func() {
			end = caller.run()
			close(ended)
		}()
	}
	switch args[0] {
	case "countdown":
		last, _ := strconv.Atoi(args[1])
		caller.onEvent = func(event *message) {
			var n int
			if event.get(className) != "tick" || json.Unmarshal(event.body, &n) != nil {
				return
			}
			fmt.Fprintf(report, "Tick %d\n", n)
			if n == last {
				c.close()
			}
		}
		start()
		caller.send("countdown", func(m *message) { m.set("ticks", args[1]) })
	case "session":
		start()
		session(caller, ended)
		c.close()
	case "calls":
		caller.onEvent = func(event *message) { tell(report, "event", event) }
		start()
		var calls []struct {
			Class   string
			Headers [][2]string
			Json    json.RawMessage
			Text    *string
		}
		if err := json.Unmarshal([]byte(args[1]), &calls); err != nil {
			panic(err)
		}
		for _, each := range calls {
			tell(report, "answer", caller.call(each.Class, func(m *message) {
				for _, header := range each.Headers {
					m.add(header[0], header[1])
				}
				if each.Text != nil {
					m.content("text/plain", []byte(*each.Text))
				} else if each.Json != nil {
					m.content("application/json", each.Json)
				}
			}))
		}
		c.close()
	}
	<-ended
	fmt.Fprintf(report, "end %v\n", end)
}

func tell(report io.Writer, kind string, m *message) {
	line, _ := json.Marshal(map[string]interface{}{
		"kind": kind, "headers": nonNil(m.headers), "body": string(m.body), "error": strings.Join(m.all(errorName), "; "),
	})
	fmt.Fprintf(report, "%s\n", line)
}

// The recorded session: every kind of call once, four slow ones at a time, a panic near the end.
func session(c *client, ended <-chan struct{}) {
	c.call("ping", nil)
	c.call("echo", func(m *message) { m.content("application/octet-stream", []byte("a\n\nb\x00\r\n")) })
	c.call("headers", func(m *message) { m.add("foo", "1").add("FOO", "2").add("bar_baz", "x:y") })
	for _, class := range []string{"empty", "raw", "string", "error"} {
		c.call(class, nil)
	}
	c.call("ticks", func(m *message) { m.set("count", "3") })
	c.call("no-such-class", nil)
	slow := []chan *message{}
	for i := 0; i < 4; i++ {
		slow = append(slow, c.send("slow", func(m *message) { m.set("ms", "200") }))
	}
	for _, waiting := range slow {
		<-waiting
	}
	// A peer that ends at an exception never answers.
	select {
	case <-c.send("boom", nil):
		c.call("ping", nil)
	case <-ended:
	}
}

// ---- codec

func nonNil(headers [][2]string) [][2]string {
	if headers == nil {
		return [][2]string{}
	}
	return headers
}

// Reads all messages of some bytes and writes each again.
func inspect(bytes []byte) (out map[string]interface{}) {
	messages := []map[string]interface{}{}
	rewritten := &strings.Builder{}
	out = map[string]interface{}{}
	defer func() {
		if fault := recover(); fault != nil {
			out["panic"] = fmt.Sprint(fault)
		}
		out["messages"] = messages
		out["rewritten"] = base64.StdEncoding.EncodeToString([]byte(rewritten.String()))
	}()
	in := bufio.NewReader(strings.NewReader(string(bytes)))
	for {
		m, err := readMessage(in)
		if err != nil {
			out["end"] = err.Error()
			return
		}
		messages = append(messages, map[string]interface{}{"headers": nonNil(m.headers), "body": m.body})
		_ = writeMessage(rewritten, m)
	}
}

func codec() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := readLine(in)
		if err != nil {
			return
		}
		bytes, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil {
			panic(err)
		}
		result, _ := json.Marshal(inspect(bytes))
		fmt.Printf("%s\n", result)
	}
}

// ---- where

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fileConn(in *os.File, out *os.File) *conn {
	return &conn{in: bufio.NewReader(in), out: out, close: func() { _ = out.Close() }}
}

// Sockets by system call: the package net would make the program three times as large and slow to build.
func socketConn(fd int) *conn {
	file := os.NewFile(uintptr(fd), "socket")
	return &conn{in: bufio.NewReader(file), out: file, close: func() { _ = syscall.Shutdown(fd, syscall.SHUT_WR) }}
}

func open(path string, flags int) *os.File {
	file, err := os.OpenFile(path, flags, 0)
	must(err)
	return file
}

func listen(path string) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(err)
	must(syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}))
	must(syscall.Listen(fd, 16))
	for {
		accepted, _, err := syscall.Accept(fd)
		must(err)
		go func() {
			_ = serve(socketConn(accepted))
			_ = syscall.Close(accepted)
		}()
	}
}

func main() {
	args := os.Args[1:]
	if args[0] == "codec" {
		codec()
		return
	}
	isServer := args[0] == "server"
	var c *conn
	rest := args[2:]
	report := io.Writer(os.Stdout)
	switch args[1] {
	case "stdio":
		c = fileConn(os.Stdin, os.Stdout)
		report = os.Stderr
	case "fifo":
		// Both sides open the FIFO from client to server first.
		if isServer {
			in := open(rest[0], os.O_RDONLY)
			c = fileConn(in, open(rest[1], os.O_WRONLY|os.O_SYNC))
		} else {
			out := open(rest[0], os.O_WRONLY|os.O_SYNC)
			c = fileConn(open(rest[1], os.O_RDONLY), out)
		}
		rest = rest[2:]
	case "unix":
		if isServer {
			listen(rest[0])
		}
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		must(err)
		must(syscall.Connect(fd, &syscall.SockaddrUnix{Name: rest[0]}))
		c = socketConn(fd)
		rest = rest[1:]
	}
	if isServer {
		if err := serve(c); err != io.EOF {
			must(err)
		}
		return
	}
	runClient(c, rest, report)
}
