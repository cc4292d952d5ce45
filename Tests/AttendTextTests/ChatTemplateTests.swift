import AttendBase
import AttendText
import Testing

@Suite struct ChatTemplateTests {
  private func render(_ source: String, _ variables: JSON = [:]) throws(AttendError) -> String {
    try ChatTemplate(source: source, name: "t").render(variables.objectValue ?? JSON.Object())
  }

  private func error(_ source: String, _ variables: JSON = [:]) -> AttendError? {
    do throws(AttendError) { _ = try render(source, variables) } catch { return error }
    return nil
  }

  @Test func messagesAreWrittenOut() throws {
    let template = try ChatTemplate(
      source: """
        {{ bos_token }}{% for message in messages %}
        <|{{ message.role }}|>{{ message['content'] | trim }}
        {% endfor %}
        {% if add_generation_prompt %}<|assistant|>{% endif %}

        """)
    let text = try template.render(
      messages: [ChatMessage(role: "user", content: " Hi \n"), ChatMessage(role: "assistant", content: "Ho")],
      addGenerationPrompt: true, variables: try #require((["bos_token": "<s>"] as JSON).objectValue))
    #expect(text == "<s><|user|>Hi\n<|assistant|>Ho\n<|assistant|>")
  }

  @Test(arguments: [
    ("{{ 'é' | length }}{{ 'e\u{301}' | length }}{{ 'é' == 'e\u{301}' }}", "12False"),
    ("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1"),
    ("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2"),
    ("{% for i in [] %}a{% else %}b{% endfor %}", "b"),
    ("{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"),
    (
      "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
      "02"
    ),
    (
      "{% for i in 'ab' %}{{ loop.cycle('x', 'y') }}{{ loop.revindex }}{{ loop.nextitem is defined }}{% endfor %}",
      "x2Truey1False"
    ),
    ("{% macro f(a, b='z') %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(b=2, a=3) }}{{ f() }}", "1z32z"),
    ("{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "3210"),
    ("{% set ns = namespace(n=1) %}{% for i in range(3) %}{% set ns.n = ns.n * 2 %}{% endfor %}{{ ns.n }}", "8"),
    ("{% filter upper %}a{{ 'b' }}{% endfilter %}", "AB"), ("{% set x | upper %}ab{% endset %}{{ x }}", "AB"),
    ("{% generation %}kept{% endgeneration %}", "kept"),
    ("{{ [{'a': {'b': 2}}, {'a': {'b': 1}}] | sort(attribute='a.b') | map(attribute='a.b') | join }}", "12"),
    (
      "{{ ['b', 'A', 'c'] | sort }}{{ [3, 1] | max }}{{ ['b', 'B', 'a'] | unique | list }}",
      "['A', 'b', 'c']3['b', 'a']"
    ),
    ("{{ {'b': 1, 'a': 2} | dictsort }}", "[('a', 2), ('b', 1)]"),
    ("{{ 'a\nb\n\nc' | indent(2, true) }}", "  a\n  b\n\n  c"),
    ("{{ \"it's\" }}{{ [\"it's\", 'q\"'] }}", "it's[\"it's\", 'q\"']"),
    ("{{ '%s-%d' % ('a', 2) }}{{ '{}{x}{{}}'.format(1, x=2) }}", "a-212{}"),
    ("{{ 1 < 2 < 3 }}{{ 3 > 2 > 2 }}", "TrueFalse"),
    ("{{ 2 ** -1 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1e3 }} {{ 1_000 }}", "0.5 3.0 0.5 1000.0 1000"),
    ("{{ true + 1 }}{{ 1 == true }}{{ 1 is boolean }}", "2TrueFalse"),
    ("{{ ('a', ) }}{{ () }}{{ 1, 2 }}", "('a',)()(1, 2)"),
    ("{{ 'a,b' .split(',') | last }}{{ ' a  b '.split() }}{{ 'a b c'.split(none, 1) }}", "b['a', 'b']['a', 'b c']"),
    ("{{ x.y is defined if x else 'no x' }}", "no x"), ("{{ [1, 2] | tojson(indent=1) }}", "[\n 1,\n 2\n]"),
    ("{{ none | map('upper') | list }}{{ 0 | selectattr('a') | list }}", "[][]"),
    (
      "{{ ['é🙂'] | tojson(ensure_ascii=true) }}{{ ['é'] | tojson(ensure_ascii=false) }}",
      "[\"\\u00e9\\ud83d\\ude42\"][\"é\"]"
    ),
    ("{{ 'a<' | safe + '<' + 'b>' }}{{ '<' + ('<' | e) + '<' }}", "a<&lt;b&gt;&lt;&lt;&lt;"),
    ("{{ '<a href=\"x\">' | e }}", "&lt;a href=&#34;x&#34;&gt;"), ("a\r\nb\n", "a\nb"),
    ("{{ 'abc' | replace('', '-') }}{{ 'aaa'.replace('a', 'b', 2) }}{{ 'aXa'.rfind('a') }}", "-a-b-c-bba2"),
  ])
  func constructsWork(_ source: String, _ expected: String) throws {
    #expect(Array(try render(source).utf8) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("a\n{% include 'x' %}", "t:2: ", "include"), ("{{ 'a' | wordwrap }}", "t:1: ", "wordwrap"),
    ("{{ 1 is prime }}", "t:1: ", "prime"), ("\n\n{% call f() %}{% endcall %}", "t:3: ", "call"),
    ("{% for i in [] recursive %}{% endfor %}", "t:1: ", "recursive"), ("{{ f(*a) }}", "t:1: ", "argument list"),
    ("{{ '%5.2f' | format(1) }}", "t:1: ", "format"), ("{% extends 'x' %}", "t:1: ", "extends"),
    ("{% set ns = namespace() %}{% set ns.x = ns %}", "t:1: ", "namespace"),
    ("{{ [1] | tojson(x=1) }}", "t:1: ", "tojson"),
  ])
  func whatIsMissingIsNamed(_ source: String, _ place: String, _ name: String) {
    let error = error(source)
    #expect(error?.code == .unsupported)
    #expect(error?.message.hasPrefix(place) == true && error?.message.contains(name) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    "{{ 1 + }}", "{{", "{% if %}", "{% if 1 %}", "{% endif %}", "{# a", "{{ 'a }}", "{{ (1 }}", "{{ 1) }}",
    "{{ {'a' 1} }}",
    "{% for in x %}", "{% set %}", "{{ a b }}", "{{ 99999999999999999999 }}", "{{ 1a }}", "{% raw %}", "{{ ? }}",
    "{% break %}",
    "{{ '\\ud800' }}", "{% macro f(a=1, b) %}{% endmacro %}",
  ])
  func badGrammarIsDamage(_ source: String) {
    #expect(error(source)?.code == .damagedFile)
    #expect(error(source)?.message.hasPrefix("t:1: ") == true)
  }

  @Test(arguments: [
    "{{ x.y }}", "{{ x() }}", "{{ 1 / 0 }}", "{{ 1 % 0 }}", "{{ 9223372036854775807 + 1 }}", "{{ 2 ** 64 }}",
    "{{ -9223372036854775807 - 2 }}",
    "{{ 'a' + 1 }}", "{{ 1 in 2 }}", "{{ 1 < 'a' }}", "{{ 1[::0] }}", "{{ 'a'[::0] }}", "{{ range(1, 2, 0) }}",
    "{{ none | length }}",
    "{% for a, b in [1] %}{% endfor %}", "{% for a, b in [(1,)] %}{% endfor %}", "{{ raise_exception('no') }}",
    "{{ ''.__class__.x }}",
    "{{ [1].append(2) }}", "{{ x | tojson }}", "{{ 'a' | abs }}", "{{ (-9223372036854775807 - 1) | abs }}",
    "{{ (-9223372036854775807 - 1) // -1 }}", "{{ 'x'.split('') }}", "{{ 3 ** 99999999999 }}",
  ])
  func wrongUseIsInvalid(_ source: String) {
    #expect(error(source)?.code == .invalidInput)
  }

  @Test(arguments: [
    "{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}",
    "{{ 'a' * 1000000000 }}", "{{ [0] * 1000000000 }}", "{{ 'a' * 9223372036854775807 }}", "{{ range(100001) }}",
    "{% set x = 'a' %}{% for i in range(100) %}{% set x = x + x %}{{ x }}{% endfor %}{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
    "{% for i in range(1000) %}{{ 'abcdefgh' * 10000 }}{% endfor %}",
  ])
  func workAndMemoryAreLimited(_ source: String) {
    #expect(error(source)?.code == .limitExceeded)
  }

  @Test func nestingIsLimited() {
    let deep = 100_000
    for source in [
      "{{ " + String(repeating: "(", count: deep) + "1" + String(repeating: ")", count: deep) + " }}",
      "{{ " + String(repeating: "not ", count: deep) + "1 }}", "{{ " + String(repeating: "-", count: deep) + "1 }}",
      "{{ 1" + String(repeating: " + 1", count: deep) + " }}", "{{ x" + String(repeating: ".y", count: deep) + " }}",
      "{{ 1" + String(repeating: " if 1", count: deep) + " }}",
      "{{ 1 if 1" + String(repeating: " else 1 if 1", count: deep) + " }}",
      "{{ x" + String(repeating: "|d", count: deep) + " }}", "{{ " + String(repeating: "[", count: deep) + " }}",
      String(repeating: "{% if 1 %}", count: deep), "{% for " + String(repeating: "(", count: deep) + " %}",
      "{{ " + String(repeating: "{1:", count: deep),
    ] {
      let code = error(source)?.code
      #expect(code == .limitExceeded || code == .damagedFile, "\(source.prefix(30))")
    }
  }

  @Test func theTimeIsFormatted() throws {
    let year = try render("{{ strftime_now('%Y') }}")
    #expect(Int(year).map { $0 > 2000 && $0 < 3000 } == true)
  }
}
