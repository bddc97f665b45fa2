# hx/interop in Ruby: stands for the gem hx-interop 0.4.0.
#
# Written by us from its described behaviour (docs/wire/hx-interop.md), not copied. Checked by Peers.test.ts: its reader and
# writer against every vector of test/fixtures/foreign/hx-interop.json, its server and client against the recorded sessions.
#
# Law: its quirks are kept. The last of several equal headers wins; ids begin at "1"; every message is answered, without an id
# when it had none; a handler that raises is told of without an id, and then the server stops; a thread for each message and
# for each event, so events have no order; calls that wait at the end of input wait for ever.
#
#   hx.rb server stdio|unix PATH|fifo READ WRITE
#   hx.rb client stdio|unix PATH|fifo WRITE READ   countdown N | session | calls JSON
#   hx.rb codec                                    lines of JSON in, lines of JSON out
#
# HX_TICK_MS is the time between two ticks (0).
require "base64"
require "json"
require "socket"
require "stringio"

ID = "Interop-Rpc-Id"
CLASS = "Interop-Rpc-Class"
ERROR = "Interop-Error"
TYPE = "Content-Type"
LENGTH = "Content-Length"

module Hx
  module Interop
    class Error < StandardError
      class InvalidHeader < Error; end
      class Unexpected < Error; end
    end
  end
end

# A name that begins with a dash or underscore has an empty first part, and this raises: so does the gem.
def canonical(name)
  name.to_s.split(/[-_\s]+/).map { |part| part[0].upcase + part[1..].downcase }.join("-")
end

class Message
  attr_reader :headers
  attr_accessor :body

  def initialize(headers = {}, body = "".b)
    @headers = {}
    headers.each { |name, value| self[name] = value }
    @body = body
  end

  def [](name) = @headers[canonical(name)]

  def []=(name, value)
    @headers[canonical(name)] = value.to_s
  end

  def content(type, body)
    @body = body.b
    self[TYPE] = type if type
    self[LENGTH] = @body.bytesize
    self
  end

  def json(value) = content("application/json", JSON.dump(value))
end

class Conn
  attr_reader :output

  def initialize(input, output, &close)
    @input = input.binmode
    @output = output.binmode
    @output.sync = true
    @close = close || -> { output.close }
    @writing = Mutex.new
  end

  def close = @close.call

  def read
    message = Message.new
    # The whole paragraph first, then its lines: an end of input before the blank line hides a bad header.
    paragraph.each_line("\n") do |line|
      name, colon, value = line.strip.partition(":")
      raise Hx::Interop::Error::InvalidHeader if colon.empty?

      message[name.strip] = value.strip
    end
    length = message[LENGTH]
    message.body = length.nil? || length.empty? ? paragraph : counted(length.to_i)
    message
  end

  def write(message)
    @writing.synchronize do
      message.headers.each { |name, value| @output.write(name, ": ", value, "\n") }
      @output.write("\n", message.body, "\n")
    end
  end

  private

  def blank?(line) = line == "\n" || line == "\r\n"

  def paragraph
    body = "".b
    until blank?(line = @input.readline("\n"))
      body << line
    end
    body
  end

  def counted(length)
    body = length.positive? ? @input.read(length) : "".b
    terminator = @input.read(1)
    terminator = @input.read(1) if terminator == "\r"
    raise Hx::Interop::Error::Unexpected, "Expected a newline after #{length} bytes" if terminator != "\n"

    body
  end
end

def send_ticks(conn, count)
  1.upto(count) do |n|
    sleep(ENV.fetch("HX_TICK_MS", "0").to_i / 1000.0)
    conn.write(Message.new({ CLASS => "tick" }).json(n))
  end
end

def echo(request)
  Message.new.content(request[TYPE] || "application/octet-stream", request.body)
end

def slow(request)
  sleep(request["Ms"].to_i / 1000.0)
  Message.new.json(request["Ms"].to_i)
end

def ticks(conn, request)
  send_ticks(conn, request["Count"].to_i)
  Message.new.json(request["Count"].to_i)
end

def add(request)
  terms = JSON.parse(request.body)
  Message.new.json(terms["a"] + terms["b"])
end

# What a handler gives: a message as it is, a text as body with its length, nothing as an empty answer.
def respond(conn, request)
  case request[CLASS]
  when "ping" then Message.new.json("pong")
  when "echo" then echo(request)
  when "headers" then Message.new.json(request.headers.to_a)
  when "raw" then Message.new({}, "pong\n".b)
  when "string" then Message.new.content(nil, "pong")
  when "error" then Message.new({ ERROR => "first" })
  when "boom" then raise "kaboom"
  when "slow" then slow(request)
  when "ticks" then ticks(conn, request)
  when "countdown" then send_ticks(conn, request["ticks"].to_i).then { Message.new }
  when "add" then add(request)
  when "shout" then Message.new.content("text/plain", request.body.upcase)
  else Message.new
  end
end

# Answers once reading ended: quietly at the end of input, with the exception of a handler otherwise.
def serve(conn)
  reader = Thread.current
  threads = []
  loop do
    request = conn.read
    threads << Thread.new do
      Thread.current.report_on_exception = false
      begin
        response = respond(conn, request)
        response[ID] = request[ID] unless request[ID].nil?
        conn.write(response)
      rescue StandardError => e
        conn.write(Message.new({ ERROR => "Unhandled exception: #{e.message}" }))
        reader.raise(e)
      end
    end
  end
rescue EOFError
  threads.each(&:join)
end

class Client
  def initialize(conn, &on_event)
    @conn = conn
    @on_event = on_event || ->(_) {}
    @pending = {}
    @next = 0
    @guard = Mutex.new
  end

  def run
    threads = []
    loop do
      message = @conn.read
      waiting = @guard.synchronize { @pending.delete(message[ID]) }
      waiting ? waiting << message : threads << Thread.new { @on_event.call(message) }
    end
  rescue EOFError
    threads.each(&:join)
  end

  def send(name, headers = {}, content: nil)
    request = Message.new({ CLASS => name }.merge(headers))
    request.content(*content) if content
    waiting = Queue.new
    id = @guard.synchronize { (@next += 1).to_s.tap { |fresh| @pending[fresh] = waiting } }
    request[ID] = id
    @conn.write(request)
    waiting
  end

  def call(...) = send(...).pop
end

def tell(report, kind, message)
  error = message[ERROR] || ""
  report.puts(JSON.dump({ kind: kind, headers: message.headers.to_a, body: message.body.dup.force_encoding("UTF-8").scrub, error: error }))
  report.flush
end

# The recorded session: every kind of call once, four slow ones at a time, an exception near the end.
def session(client, reading)
  client.call("ping")
  client.call("echo", content: ["application/octet-stream", "a\n\nb\0\r\n"])
  client.call("headers", { "foo" => "1", "bar_baz" => "x:y" })
  %w[empty raw string error].each { |name| client.call(name) }
  client.call("ticks", { "count" => "3" })
  client.call("no-such-class")
  Array.new(4) { client.send("slow", { "ms" => "200" }) }.each(&:pop)
  # A peer that ends at an exception never answers.
  boom = client.send("boom")
  Thread.new { reading.join && boom << nil }
  client.call("ping") if boom.pop
end

def countdown(conn, last, report)
  client = Client.new(conn) do |event|
    if event[CLASS] == "tick"
      n = JSON.parse(event.body)
      report.puts("Tick #{n}")
      report.flush
      conn.close if n == last
    end
  end
  reading = Thread.new { client.run }
  client.send("countdown", { ticks: last })
  reading.join
end

def calls(conn, list, report)
  client = Client.new(conn) { |event| tell(report, "event", event) }
  reading = Thread.new { client.run }
  list.each do |each|
    content = each["text"] ? ["text/plain", each["text"]] : nil
    content = ["application/json", JSON.dump(each["json"])] if each.key?("json")
    tell(report, "answer", client.call(each["class"], (each["headers"] || []).to_h, content: content))
  end
  conn.close
  reading.join
end

def inspect_bytes(bytes)
  rewritten = StringIO.new("".b)
  writer = Conn.new(StringIO.new, rewritten)
  # A pipe, as only a real stream allocates what a length announces.
  input, source = IO.pipe(binmode: true)
  source.write(bytes)
  source.close
  reader = Conn.new(input, StringIO.new)
  messages = []
  loop do
    message = reader.read
    headers = message.headers.map { |pair| pair.map { |text| text.dup.force_encoding("UTF-8").scrub } }
    messages << { headers: headers, body: Base64.strict_encode64(message.body) }
    writer.write(message)
  end
rescue StandardError, NoMemoryError => e
  { messages: messages, end: "#{e.class}: #{e.message.lines.first&.chomp}", rewritten: Base64.strict_encode64(rewritten.string) }
end

def codec
  $stdout.sync = true
  $stdin.each_line { |line| puts(JSON.dump(inspect_bytes(Base64.decode64(line)))) }
end

def listen(path)
  server = UNIXServer.new(path)
  loop do
    socket = server.accept
    Thread.new do
      Thread.current.report_on_exception = false
      serve(Conn.new(socket, socket))
    ensure
      socket.close
    end
  end
end

def connect(where, rest, server)
  case where
  when "stdio"
    # Closing standard output leaves its descriptor open, so the connection has one of its own.
    output = $stdout.dup
    $stdout.reopen(File::NULL)
    Conn.new($stdin, output)
  when "unix"
    socket = UNIXSocket.new(rest.shift)
    Conn.new(socket, socket) { socket.close_write }
  when "fifo"
    # Both sides open the FIFO from client to server first.
    first, second = rest.shift(2)
    if server
      input = File.open(first, "rb")
      Conn.new(input, File.open(second, "wb"))
    else
      output = File.open(first, "wb")
      Conn.new(File.open(second, "rb"), output)
    end
  end
end

role, where, *rest = ARGV
case role
when "codec" then codec
when "server"
  listen(rest.first) if where == "unix"
  serve(connect(where, rest, true))
when "client"
  conn = connect(where, rest, false)
  report = where == "stdio" ? $stderr : $stdout
  case rest.shift
  when "countdown" then countdown(conn, rest.first.to_i, report)
  when "session"
    client = Client.new(conn)
    reading = Thread.new { client.run }
    session(client, reading)
    conn.close
    reading.join
  when "calls" then calls(conn, JSON.parse(rest.first), report)
  end
  report.puts("end")
end
