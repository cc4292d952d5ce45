/// What stands between the text of a template: Jinja's statements.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression, line: Int)
  case `if`([(condition: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement], line: Int)
  case `for`(TemplateLoop)
  case set(TemplateTarget, TemplateExpression, line: Int)
  /// `{% set name %}…{% endset %}`, with the filters that the captured text goes through.
  case capture(TemplateTarget, [TemplateStatement], filters: [TemplateFilter], line: Int)
  case filtered([TemplateStatement], filters: [TemplateFilter], line: Int)
  case macro(TemplateMacro)
  case `break`(line: Int)
  case `continue`(line: Int)
}

struct TemplateLoop: Sendable {
  var target: TemplateTarget
  var sequence: TemplateExpression
  var condition: TemplateExpression?
  var body: [TemplateStatement]
  var otherwise: [TemplateStatement]
  var line: Int
}

struct TemplateMacro: Sendable {
  var name: String
  var parameters: [(name: String, fallback: TemplateExpression?)]
  var body: [TemplateStatement]
  var line: Int
}

/// Where a value goes.
indirect enum TemplateTarget: Sendable {
  case name(String)
  /// `namespace.attribute`.
  case attribute(String, String)
  case tuple([TemplateTarget])
}

struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []
}

/// A filter and its arguments, waiting for the value.
struct TemplateFilter: Sendable {
  var name: String
  var arguments: TemplateArguments
}

indirect enum TemplateExpression: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case name(String)
  case list([TemplateExpression])
  case tuple([TemplateExpression])
  case dictionary([(key: TemplateExpression, value: TemplateExpression)])
  case attribute(TemplateExpression, String)
  case item(TemplateExpression, TemplateExpression)
  case slice(TemplateExpression, start: TemplateExpression?, end: TemplateExpression?, step: TemplateExpression?)
  case call(TemplateExpression, TemplateArguments)
  case filter(TemplateExpression, TemplateFilter)
  case test(TemplateExpression, String, TemplateArguments)
  case not(TemplateExpression)
  case negate(TemplateExpression)
  case plus(TemplateExpression)
  case and(TemplateExpression, TemplateExpression)
  case or(TemplateExpression, TemplateExpression)
  case arithmetic(TemplateExpression, String, TemplateExpression)
  case concatenation([TemplateExpression])
  case comparison(TemplateExpression, [(operation: String, value: TemplateExpression)])
  case conditional(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
}
