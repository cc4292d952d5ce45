import AttendBase

/// The template by which a model wants conversations written out: a sandboxed subset of Jinja, as chat templates of
/// published models use it.
///
/// White space is treated as the transformers library has it set (`trim_blocks`, `lstrip_blocks`). A template can reach
/// nothing but the variables it is given; work, nesting and output are limited. What the subset lacks is an error that
/// names the construct and its line.
public struct ChatTemplate: Sendable {
  /// Guards against hostile templates.
  public struct Limits: Sendable {
    /// Evaluated expressions, copied elements, and copied text in units of eight bytes.
    public var steps = 5_000_000
    /// Expressions and macro calls within each other.
    public var depth = 256
    /// Bytes of output.
    public var output = 16 << 20

    public init() {}
  }

  /// The template's name, for error messages.
  public let name: String
  public var limits = Limits()
  /// What `strftime_now` takes for now, in seconds since 1970 (UTC); the time of the rendering when nil.
  package var fixedTime: Int?
  let body: [TemplateStatement]
  /// Whether calls of functions are mentioned at all.
  let usesCalls: Bool

  /// - Throws: `damagedFile` when the template does not follow the grammar, `unsupported` naming a construct that this
  ///   subset lacks; both with `name:line`.
  public init(source: String, name: String = "chat template") throws(AttendError) {
    self.name = name
    usesCalls = source.contains("tool_calls")
    var lexer = TemplateLexer(source: source, name: name)
    var parser = TemplateParser(tokens: try lexer.tokens(), name: name)
    body = try parser.template()
  }

  /// Writes out a conversation.
  ///
  /// - Parameters:
  ///   - addGenerationPrompt: whether to end with the opening of the assistant's next message.
  ///   - variables: what else the template may use: `bos_token`, `eos_token`, `tools`, `date_string`.
  /// - Throws: `invalidInput` with the template's own words when it refuses the conversation, or when it uses a value
  ///   wrongly; `unsupported`, also for calls of functions that it does not write out; `limitExceeded`.
  public func render(
    messages: [ChatMessage], addGenerationPrompt: Bool, variables: JSON.Object = JSON.Object()
  ) throws(AttendError) -> String {
    let hasCalls = messages.contains { !$0.toolCalls.isEmpty }
    return hasCalls
      ? try render(calls: messages, addGenerationPrompt: addGenerationPrompt, variables)
      : try render(messages, .object, addGenerationPrompt: addGenerationPrompt, variables)
  }

  /// Writes out the template with these variables and no others.
  public func render(_ variables: JSON.Object) throws(AttendError) -> String {
    let renderer = TemplateRenderer(name: name, limits: limits, fixedTime: fixedTime)
    for (key, value) in variables { renderer.scope.variables[key] = try renderer.value(of: value) }
    _ = try renderer.run(body)
    return String(decoding: renderer.output, as: UTF8.self)
  }
}
