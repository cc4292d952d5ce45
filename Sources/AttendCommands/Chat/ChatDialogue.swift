import ArgumentParser
import Attend
import AttendBase

/// A conversation on the terminal: the session, its options, and what instructions do to them.
struct ChatDialogue {
  enum Question {
    case message(String)
    /// The last message once more.
    case again
    /// What the functions gave that the model wants called.
    case results([String])
  }

  enum Step {
    /// Answer this.
    case answer(Question)
    case wait
    case end
  }

  private let language: LanguageModel
  let session: ChatSession
  /// Where the conversation is kept from one run of the program to the next.
  private let file: String?
  private(set) var sampling: SamplingOptions
  /// What every answer has to look like.
  var constraint: Constraint?
  /// How often the last message was answered again: with a seed another answer is wanted.
  private var repetitions = 0
  /// What functions gave, while results of others are still to come.
  private var results: [String] = []

  /// - Parameter file: read when it exists.
  /// - Throws: what reading it throws.
  init(
    _ language: LanguageModel, instructions: String?, tools: Tools?, sampling: SamplingOptions, file: String?
  ) throws {
    self.language = language
    self.sampling = sampling
    self.file = file
    var history: [ChatMessage] = []
    if let file, Folder.hasFile(file) { history = try ChatFile.read(file) }
    // Instructions given now take the place of those in the file.
    if instructions != nil, history.first?.role == "system" { history.removeFirst() }
    session = ChatSession(language, instructions: instructions, history: history, tools: tools)
  }

  func options(for question: Question) -> GenerationOptions {
    var options = sampling.options
    options.constraint = constraint
    switch question {
    case .message, .results: return options
    case .again: return options.forSample(repetitions + 1)
    }
  }

  /// The conversation changes when the answer is finished: one that fails changes nothing.
  func reply(to question: Question, _ options: GenerationOptions) -> Generation {
    switch question {
    case .message(let text): session.reply(to: text, options)
    case .again: session.replyAgain(options)
    case .results(let results): session.reply(toCalls: results, options)
    }
  }

  /// Takes notice of an answer that is finished.
  mutating func didAnswer(_ question: Question) throws {
    switch question {
    case .message, .results: repetitions = 0
    case .again: repetitions += 1
    }
    try keep()
  }

  /// Keeps the conversation when that was asked for.
  private func keep() throws {
    if let file { try ChatFile.write(session.messages, to: file) }
  }

  /// - Parameter say: shows a line to whoever types.
  mutating func take(_ input: ChatInput, say: (String) throws -> Void) throws -> Step {
    switch input {
    case .nothing: return .wait
    case .message(let text):
      results = []
      return .answer(.message(text))
    case .unknown(let name):
      throw AttendError(
        .invalidInput, "there is no instruction /\(name)",
        hint: "/help lists them; a message that begins with a slash is written with two")
    case .instruction(let instruction, let argument): return try follow(instruction, argument, say)
    }
  }

  private mutating func follow(
    _ instruction: ChatInstruction, _ argument: String, _ say: (String) throws -> Void
  ) throws -> Step {
    switch instruction {
    case .help: try say(ChatInstruction.list)
    case .system:
      guard !argument.isEmpty else {
        try say(session.instructions ?? "The model was told nothing; its template may say something.")
        return .wait
      }
      session.instructions = argument
      try keep()
    case .new:
      session.messages = session.instructions.map { [ChatMessage(role: "system", content: $0)] } ?? []
      try keep()
    case .undo:
      try takeBack()
      try keep()
    case .again: return .answer(.again)
    case .tool: return try take(result: argument, say)
    case .history: try say(history())
    case .save:
      try ChatFile.write(session.messages, to: path(argument, instruction))
      try say("saved \(session.messages.count) messages")
    case .load:
      session.messages = try ChatFile.read(path(argument, instruction))
      try say("\(session.messages.count) messages")
      try keep()
    case .set: try set(argument, say)
    case .exit: return .end
    }
    return .wait
  }

  /// The model goes on when the results of all its calls are there.
  private mutating func take(result: String, _ say: (String) throws -> Void) throws -> Step {
    let calls = session.pendingCalls
    guard !calls.isEmpty else {
      results = []
      throw AttendError(
        .invalidInput, "the model's last answer calls no function",
        hint: "functions are given with --tools; some templates cannot tell of calls")
    }
    results = results.prefix(calls.count - 1) + [result]
    guard results.count == calls.count else {
      let next = calls[results.count]
      try say("and what does \(next.name)(\(next.arguments)) give?")
      return .wait
    }
    defer { results = [] }
    return .answer(.results(results))
  }

  private func path(_ argument: String, _ instruction: ChatInstruction) throws -> String {
    guard !argument.isEmpty else {
      throw AttendError(.invalidInput, "/\(instruction) needs a file", hint: "for example /\(instruction) talk.json")
    }
    return argument
  }

  /// Removes the last message of the user and what came after it.
  private func takeBack() throws {
    var messages = session.messages
    guard let last = messages.lastIndex(where: { $0.role == "user" }) else {
      throw AttendError(.invalidInput, "there is no message yet", hint: "type one")
    }
    messages.removeSubrange(last...)
    session.messages = messages
  }

  private func history() -> String {
    let messages = session.messages
    guard !messages.isEmpty else { return "Nothing was said yet." }
    let text = messages.map { message in
      let calls = message.toolCalls.map { "\($0.name)(\($0.arguments))" }
      return "\(message.role): " + ([message.content] + calls).filter { !$0.isEmpty }.joined(separator: "\n")
    }.joined(separator: "\n")
    // What the template cannot write out is said when the model is to answer.
    guard let count = try? session.tokenCount() else { return text }
    return text + "\n(\(count) of \(language.contextLength) tokens)"
  }

  private mutating func set(_ argument: String, _ say: (String) throws -> Void) throws {
    let parts = argument.split(whereSeparator: { $0.isWhitespace || $0 == "=" }).map(String.init)
    switch parts.count {
    case 0: try say(sampling.settings.map { "\($0.name) \($0.value ?? "–")" }.joined(separator: "\n"))
    case 2: try sampling.set(parts[0], to: parts[1])
    default:
      throw AttendError(.invalidInput, "/set takes an option and its value", hint: "for example /set temperature 0.8")
    }
  }
}
