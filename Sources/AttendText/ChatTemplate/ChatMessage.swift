import AttendBase

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks: `system`, `user`, `assistant`, `tool` or what else the model's template knows.
  public var role: String
  /// What is said; beside calls of functions often nothing.
  public var content: String
  /// The functions that an assistant wants called.
  public var toolCalls: [ToolCall]
  /// Of a message of the role `tool`: the ``ToolCall/id`` of the call whose result it is.
  public var toolCallID: String?
  /// Of a message of the role `tool`: the function whose result it is.
  public var name: String?

  public init(
    role: String, content: String, toolCalls: [ToolCall] = [], toolCallID: String? = nil, name: String? = nil
  ) {
    self.role = role
    self.content = content
    self.toolCalls = toolCalls
    self.toolCallID = toolCallID
    self.name = name
  }
}

extension ChatMessage {
  /// Reads a message as interfaces exchange it: `role`, `content`, `tool_calls`, `tool_call_id`, `name`. The content may be
  /// missing beside calls.
  /// - Returns: nil for anything else.
  package init?(_ json: JSON) {
    guard let role = json["role"]?.stringValue else { return nil }
    let list = json["tool_calls"] ?? .null
    guard list.isNull || list.arrayValue != nil else { return nil }
    let calls = (list.arrayValue ?? []).map(ToolCall.init)
    guard !calls.contains(where: { $0 == nil }) else { return nil }
    let content = json["content"] ?? .null
    guard content.stringValue != nil || content.isNull && !calls.isEmpty else { return nil }
    self.init(
      role: role, content: content.stringValue ?? "", toolCalls: calls.compactMap(\.self),
      toolCallID: json["tool_call_id"]?.stringValue, name: json["name"]?.stringValue)
  }

  /// The same form.
  /// - Parameter asText: whether arguments of calls stay the text of an object.
  /// - Throws: `invalid-input` when a call's arguments are no JSON object.
  package func json(argumentsAsText asText: Bool = true) throws(AttendError) -> JSON {
    var object = JSON.Object()
    object["role"] = .string(role)
    object["content"] = .string(content)
    if !toolCalls.isEmpty {
      var calls: [JSON] = []
      for call in toolCalls { calls.append(try call.json(argumentsAsText: asText)) }
      object["tool_calls"] = .array(calls)
    }
    if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
    if let name { object["name"] = .string(name) }
    return .object(object)
  }
}
