import AttendBase
import AttendGeneration
import AttendText

/// A conversation with a language model.
///
/// Each reply starts from what the model still knows of the turns before, so a turn costs its own tokens only.
///
/// ```swift
/// let chat = ChatSession(model, instructions: "You answer in one sentence.")
/// for try await event in chat.reply(to: "What is attention?") {
///   if case .text(let piece) = event { text += piece }
/// }
/// ```
public final class ChatSession: Sendable {
  private let model: LanguageModel
  private let memory = PrefixMemory()
  private let tools: Tools?
  private let state: Locked<(messages: [ChatMessage], prompt: ChatPrompt?)>

  /// - Parameters:
  ///   - instructions: what the model is told before the conversation (the system message); nil leaves that to the
  ///     model's template.
  ///   - history: an earlier conversation to go on with.
  ///   - tools: functions that the model may ask to have called; see ``GenerationEvent/toolCall(_:)``. What they give is
  ///     told by ``reply(toCalls:_:)``.
  public init(
    _ model: LanguageModel, instructions: String? = nil, history: [ChatMessage] = [], tools: Tools? = nil
  ) {
    self.model = model
    self.tools = tools
    let start = instructions.map { [ChatMessage(role: "system", content: $0)] } ?? []
    state = Locked((start + history, nil))
  }

  /// The conversation so far, the instructions first. A reply is added when it is finished. It may be changed between
  /// replies: what stays the same from the beginning is not computed again.
  public var messages: [ChatMessage] {
    get { state.withLock { state in state.messages } }
    set { state.withLock { state in state.messages = newValue } }
  }

  /// What the model is told before the conversation: the system message at its beginning.
  public var instructions: String? {
    get { messages.first.flatMap { $0.role == "system" ? $0.content : nil } }
    set {
      state.withLock { state in
        if state.messages.first?.role == "system" { state.messages.removeFirst() }
        if let newValue { state.messages.insert(ChatMessage(role: "system", content: newValue), at: 0) }
      }
    }
  }

  /// Tokens of the conversation as the model would see it with the next message.
  /// - Throws: `unsupported` for a model without a chat template.
  public func tokenCount() throws(AttendError) -> Int { try prompt().encode(messages).count }

  private func prompt() throws(AttendError) -> ChatPrompt {
    if let known = state.withLock({ $0.prompt }) { return known }
    let prompt = try ChatPrompt(model, tools: tools)
    state.withLock { $0.prompt = prompt }
    return prompt
  }

  /// Answers a message. Replies to several messages at once come one after another, in the order of the calls.
  ///
  /// When the reply is finished or cancelled, the message and what there is of the reply join the conversation; after an
  /// error neither does.
  /// - Returns: its events; errors come as the end of the sequence: `unsupported` for a model without a chat template,
  ///   `context-overflow` when the conversation has become too long, and those of ``LanguageModel/generate(_:_:)``.
  public func reply(
    to message: String, sampling: Sampling = .greedy, maxTokens: Int? = nil, stopStrings: [String] = []
  ) -> Generation {
    reply(to: message, GenerationOptions(sampling: sampling, maxTokens: maxTokens, stopStrings: stopStrings))
  }

  /// Answers a message.
  /// - Parameter role: who says it: `user`, or what else the model's template knows.
  public func reply(to message: String, role: String = "user", _ options: GenerationOptions) -> Generation {
    let question = ChatMessage(role: role, content: message)
    return generate(options) { messages in
      messages + [question]
    } completion: { messages, answer in
      messages += [question, answer]
    }
  }

  /// The functions that the model wants called and whose results it does not know yet.
  public var pendingCalls: [ToolCall] { messages.pendingCalls }

  /// Goes on with what functions gave.
  /// - Parameter results: of the ``pendingCalls`` in their order, one each, often JSON.
  /// - Returns: the reply's events; errors come as the end of the sequence: `invalid-input` when there are more or fewer
  ///   results than calls, and those of ``reply(to:sampling:maxTokens:stopStrings:)``.
  public func reply(toCalls results: [String], _ options: GenerationOptions = GenerationOptions()) -> Generation {
    generate(options) { (messages) throws(AttendError) in
      try messages + messages.answers(results)
    } completion: { messages, answer in
      // Where the calls are gone the conversation was replaced meanwhile.
      guard let results = try? messages.answers(results) else { return }
      messages += results + [answer]
    }
  }

  /// Answers the last message of the user again.
  ///
  /// When the reply is finished or cancelled, it takes the place of everything after that message; after an error the
  /// conversation is as it was.
  /// - Returns: its events; errors come as the end of the sequence: `invalid-input` when the user has said nothing yet, and
  ///   those of ``reply(to:sampling:maxTokens:stopStrings:)``.
  public func replyAgain(_ options: GenerationOptions = GenerationOptions()) -> Generation {
    generate(options) { (messages) throws(AttendError) in
      guard let question = messages.lastQuestion else {
        throw AttendError(.invalidInput, "there is no message yet", hint: "type one")
      }
      return Array(messages[...question])
    } completion: { messages, answer in
      // Without a question the conversation was replaced meanwhile: there is nothing that this would answer.
      guard let question = messages.lastQuestion else { return }
      messages.replaceSubrange((question + 1)..., with: [answer])
    }
  }

  /// - Parameters:
  ///   - asked: the messages to answer, of the conversation as it is when the reply's turn comes.
  ///   - completion: adds the answer to the conversation.
  private func generate(
    _ options: GenerationOptions, asked: @escaping @Sendable ([ChatMessage]) throws(AttendError) -> [ChatMessage],
    completion: @escaping @Sendable (inout [ChatMessage], ChatMessage) -> Void
  ) -> Generation {
    var options = options
    if tools != nil, options.toolCalls == nil {
      options.toolCalls = ToolCallFormat(template: model.template(forTools: true)?.text ?? "")
    }
    return model.generator.generate(options, memory: memory) { [state] said, _ in
      state.withLock { state in
        let keepsCalls = state.prompt?.writesCalls == true && !said.calls.isEmpty
        let answer =
          keepsCalls
          ? ChatMessage(role: "assistant", content: said.besideCalls.trimmingSpaces, toolCalls: said.calls)
          : ChatMessage(role: "assistant", content: said.text)
        completion(&state.messages, answer)
      }
    } prompt: { [self] in
      try prompt().encode(asked(messages))
    }
  }

  /// Searches for the most probable answers to a message, best first. The conversation stays as it is.
  /// - Throws: what ``Generator/beamSearch(_:_:)`` throws, and what ``reply(to:sampling:maxTokens:stopStrings:)`` ends with.
  public func beamSearch(_ message: String, _ options: BeamOptions = BeamOptions()) async throws -> BeamAnswers {
    let ids = try prompt().encode(messages + [ChatMessage(role: "user", content: message)])
    return try await model.generator.beamSearch(ids, options)
  }
}

extension [ChatMessage] {
  /// The last message of the user.
  fileprivate var lastQuestion: Int? { lastIndex { $0.role == "user" } }

  /// The calls of the last answer, those with a result behind it left out.
  fileprivate var pendingCalls: [ToolCall] {
    guard let last = lastIndex(where: { !$0.toolCalls.isEmpty }),
      self[(last + 1)...].allSatisfy({ $0.role == "tool" })
    else { return [] }
    return [ToolCall](self[last].toolCalls.dropFirst(count - last - 1))
  }

  /// - Throws: `invalid-input`.
  fileprivate func answers(_ results: [String]) throws(AttendError) -> [ChatMessage] {
    let calls = pendingCalls
    guard calls.count == results.count, !calls.isEmpty else {
      throw AttendError(
        .invalidInput, "\(results.count) results were given for \(calls.count) calls of functions",
        hint: calls.isEmpty ? "the model's last answer calls none" : "give one for each, in their order")
    }
    return zip(calls, results).map { call, result in
      ChatMessage(role: "tool", content: result, toolCallID: call.id, name: call.name)
    }
  }
}
