import AttendBase

extension ChatTemplate {
  /// How a message with calls of functions reaches a template. Templates differ in what they take, and none says so.
  enum CallForm: CaseIterable {
    case object, objectWithoutContent, text, textWithoutContent

    /// Whether arguments are the text of a JSON object.
    var argumentsAreText: Bool { self == .text || self == .textWithoutContent }
    /// Whether a content that is empty is left out, as `none`.
    var dropsEmptyContent: Bool { self == .objectWithoutContent || self == .textWithoutContent }
  }

  /// Whether the template writes out calls of functions in the assistant's messages.
  package func writesCalls(_ variables: JSON.Object = JSON.Object()) -> Bool { callForm(variables) != nil }

  /// The first form in which a small conversation comes out with the call's name and argument, as JSON or in the
  /// template's own words rather than as Python would print an object or JSON the text of an object.
  private func callForm(_ variables: JSON.Object) -> CallForm? {
    guard usesCalls else { return nil }
    let call = ToolCall(name: "probe_name", arguments: "{\"probe_key\":\"probe_value\"}", id: "probe0001")
    let conversation = [
      ChatMessage(role: "user", content: "Hi"), ChatMessage(role: "assistant", content: "", toolCalls: [call]),
    ]
    let forms = CallForm.allCases.compactMap { form -> (form: CallForm, isClean: Bool)? in
      guard let text = try? render(conversation, form, addGenerationPrompt: false, variables),
        ["probe_name", "probe_key", "probe_value"].allSatisfy(text.contains)
      else { return nil }
      return (form, !text.contains("'probe_key'") && !text.contains("\\\"probe_key"))
    }
    return (forms.first { $0.isClean } ?? forms.first)?.form
  }

  func render(
    calls messages: [ChatMessage], addGenerationPrompt: Bool, _ variables: JSON.Object
  ) throws(AttendError) -> String {
    guard let form = callForm(variables) else {
      throw AttendError(
        .unsupported, "\(name) does not write out the functions that an assistant called",
        hint: "tell of the calls in the message's text")
    }
    return try render(messages, form, addGenerationPrompt: addGenerationPrompt, variables)
  }

  func render(
    _ messages: [ChatMessage], _ form: CallForm, addGenerationPrompt: Bool, _ variables: JSON.Object
  ) throws(AttendError) -> String {
    var variables = variables
    // The transformers library always passes these two.
    for name in ["tools", "documents"] where variables[name] == nil { variables[name] = .null }
    var list: [JSON] = []
    for message in messages { list.append(try message.json(form)) }
    variables["messages"] = .array(list)
    variables["add_generation_prompt"] = .bool(addGenerationPrompt)
    return try render(variables)
  }
}

extension ChatMessage {
  fileprivate func json(_ form: ChatTemplate.CallForm) throws(AttendError) -> JSON {
    guard var object = try json(argumentsAsText: form.argumentsAreText).objectValue else { return .null }
    if content.isEmpty, !toolCalls.isEmpty, form.dropsEmptyContent { object["content"] = .null }
    return .object(object)
  }
}
