import AttendBase

/// What a model may call, as its chat template wants it: a list of `{"type": "function", "function": {…}}`.
public struct Tools: Sendable {
  package let definitions: JSON

  /// - Parameter json: a JSON array of objects.
  /// - Throws: `damaged-file` when it is not JSON, `invalid-input` when it is something else than a list of objects.
  public init(json: String) throws(AttendError) {
    definitions = try JSON(parsing: json, source: "the list of tools")
    guard let tools = definitions.arrayValue, !tools.isEmpty, tools.allSatisfy({ $0.objectValue != nil }) else {
      throw AttendError(
        .invalidInput, "the list of tools is \(definitions.kind), expected an array of objects",
        hint: "such as [{\"type\": \"function\", \"function\": {\"name\": …, \"parameters\": {…}}}]")
    }
  }
}

/// How a model writes that it wants a function called.
public enum ToolCallFormat: Sendable, Hashable, CaseIterable {
  /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Hermes, Qwen, SmolLM.
  case tagged
  /// The whole message is `{"name": …, "parameters": {…}}`, perhaps behind `<|python_tag|>`: Llama 3.
  case message
  /// `[TOOL_CALLS] [{"name": …, "arguments": {…}}]`, or `[TOOL_CALLS]name[ARGS]{…}` with `[CALL_ID]id` before the
  /// arguments or not: Mistral.
  case list
  /// Any of these.
  case any

  /// The one that a chat template writes.
  public init(template: String) {
    if template.contains("<tool_call>") {
      self = .tagged
    } else if template.contains("[TOOL_CALLS]") {
      self = .list
    } else if template.contains("<|python_tag|>") || template.contains("ipython") {
      self = .message
    } else {
      self = .any
    }
  }

  /// What a call begins with, and how it goes on.
  enum Opening: String, CaseIterable {
    case tagged = "<tool_call>"
    case python = "<|python_tag|>"
    case list = "[TOOL_CALLS]"

    /// What ends the call behind its JSON.
    var end: String { self == .tagged ? "</tool_call>" : "" }
    /// Whether a name may stand before the arguments, which are the JSON then.
    var takesName: Bool { self == .list }
  }

  /// What stands between a name, an id and arguments.
  enum Divider: String, CaseIterable {
    case id = "[CALL_ID]"
    case arguments = "[ARGS]"
  }

  var openings: [Opening] {
    switch self {
    case .tagged: [.tagged]
    case .message: [.python]
    case .list: [.list]
    case .any: Opening.allCases
    }
  }

  /// Whether a message may be a call without any mark.
  var isWholeMessage: Bool { self == .message || self == .any }

  /// Marks that some vocabularies have as control tokens, which are part of a call all the same.
  func isMark(_ text: some StringProtocol) -> Bool {
    openings.contains { opening in
      opening.rawValue == text || opening.end == text
        || opening.takesName && Divider.allCases.contains { $0.rawValue == text }
    }
  }
}
