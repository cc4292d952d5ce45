import AttendBase

/// What an answer has to look like. Tokens that would lead away from it are never chosen.
///
/// ```swift
/// var options = GenerationOptions(maxTokens: 200)
/// options.constraint = try .jsonSchema("""
///   {"type": "object", "properties": {"city": {"type": "string", "maxLength": 30}}, "required": ["city"]}
///   """)
/// ```
///
/// An answer that ends by itself follows the constraint; one that `maxTokens` or a stop string cuts off is the beginning
/// of one that does. Making a constraint takes a while, so make it once and use it for many requests; copies share what
/// was found out about a vocabulary.
public struct Constraint: Sendable, Hashable {
  package let grammar: CompiledGrammar

  private init(_ grammar: CompiledGrammar) { self.grammar = grammar }

  /// Texts that follow the rule `root` of a grammar in llama.cpp's notation (GBNF).
  /// - Throws: `invalid-input` with line and column, or when a rule begins with itself; `limit-exceeded` for a grammar that
  ///   is too large.
  public static func grammar(_ text: String) throws(AttendError) -> Constraint {
    try Constraint(CompiledGrammar(GrammarParser.parse(text)))
  }

  /// JSON that a JSON schema (draft 2020-12) accepts.
  ///
  /// Properties come in the schema's order. An object with `properties` has no others unless `additionalProperties` says
  /// so, whole numbers have at most 18 digits, and where white space is possible there is one space, or a line break
  /// and an indentation, or nothing.
  /// - Throws: `damaged-file` when the text is not JSON, `invalid-input` for a schema that contradicts the standard or
  ///   itself, `unsupported` naming a keyword that this version cannot guarantee, `limit-exceeded`.
  public static func jsonSchema(_ text: String) throws(AttendError) -> Constraint {
    try jsonSchema(JSON(parsing: text, source: "the JSON schema"))
  }

  package static func jsonSchema(_ schema: JSON) throws(AttendError) -> Constraint {
    try Constraint(CompiledGrammar(SchemaCompiler.grammar(of: schema)))
  }

  /// Any JSON object.
  public static func jsonObject() throws(AttendError) -> Constraint { try jsonSchema(["type": "object"]) }

  /// Any JSON value.
  public static func json() throws(AttendError) -> Constraint { try jsonSchema(true) }

  /// Whether both are copies of one.
  public static func == (first: Constraint, second: Constraint) -> Bool { first.grammar === second.grammar }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(grammar)) }
}
