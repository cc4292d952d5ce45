import AttendBase
import AttendText
import Testing

/// How calls of functions reach templates that take them in different ways.
@Suite struct CallFormTests {
  private let messages = [
    ChatMessage(role: "user", content: "Hi"),
    ChatMessage(
      role: "assistant", content: "", toolCalls: [ToolCall(name: "f", arguments: "{\"a\": [1, \"é\"]}", id: "i")]),
    ChatMessage(role: "tool", content: "2", toolCallID: "i", name: "f"),
  ]

  static let cases: [(template: String, text: String)] = [
    // An object, as transformers documents it.
    (
      "{% for c in messages[1].tool_calls %}{{ c.id }} {{ c.function | tojson }}{% endfor %}",
      "i {\"name\": \"f\", \"arguments\": {\"a\": [1, \"é\"]}}"
    ),
    (
      "{% for c in messages[1]['tool_calls'] %}{{ c.function.name }}{% for k, v in c.function.arguments.items() %}({{ k }}={{ v }}){% endfor %}{% endfor %}",
      "f(a=[1, 'é'])"
    ),
    // Text, as servers exchange it.
    (
      "{% for c in messages[1].tool_calls %}{{ c.function.name + c.function.arguments }}{% endfor %}",
      "f{\"a\": [1, \"é\"]}"
    ),
    (
      "{% for c in messages[1].tool_calls %}{{ c.function.name }}{{ c.function.arguments }}{% endfor %}",
      "f{\"a\": [1, \"é\"]}"
    ),
    // Calls only beside a content that is none.
    (
      "{% if messages[1].content is none %}{% for c in messages[1].tool_calls %}{{ c.function | tojson }}{% endfor %}{% endif %}",
      "{\"name\": \"f\", \"arguments\": {\"a\": [1, \"é\"]}}"
    ),
    // What a result belongs to.
    (
      "{{ messages[1].tool_calls[0].function | tojson }}{% if messages | length > 2 %} {{ messages[2].name + messages[2].tool_call_id + messages[2].content }}{% endif %}",
      "{\"name\": \"f\", \"arguments\": {\"a\": [1, \"é\"]}} fi2"
    ),
  ]

  @Test(arguments: cases.indices) func eachTemplateGetsItsForm(_ index: Int) throws {
    let template = try ChatTemplate(source: Self.cases[index].template)
    #expect(try template.render(messages: messages, addGenerationPrompt: false) == Self.cases[index].text)
  }

  @Test(arguments: [
    "{{ messages[0].content }}", "{{ messages[1].tool_calls | length }}",
    "{{ raise_exception(messages[1].tool_calls) }}",
  ])
  func callsAreNeverLost(_ source: String) throws {
    let template = try ChatTemplate(source: source)
    #expect(!template.writesCalls())
    #expect(throws: AttendError.self) { try template.render(messages: messages, addGenerationPrompt: false) }
  }
}
