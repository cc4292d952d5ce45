import ArgumentParser
import Attend
import AttendBase

/// `--json-schema`, `--json-object` and `--grammar`: what an answer has to look like.
struct ConstraintOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Answer in JSON that this JSON schema accepts: a file, or the schema itself, which begins with {.",
      valueName: "schema"))
  var jsonSchema: String?

  @Flag(help: "Answer with a JSON object of any kind.")
  var jsonObject = false

  @Option(
    help: ArgumentHelp(
      "Answer as a grammar in llama.cpp's notation (GBNF) says: a file, or the grammar itself, which holds ::=.",
      valueName: "grammar"))
  var grammar: String?

  func validate() throws {
    if [jsonSchema != nil, jsonObject, grammar != nil].count(where: \.self) > 1 {
      throw ValidationError("--json-schema, --json-object and --grammar exclude each other")
    }
  }

  /// - Throws: what is wrong with the schema or the grammar, and where.
  func constraint() throws -> Constraint? {
    if jsonObject { return try .jsonObject() }
    if let jsonSchema {
      let isInline = jsonSchema.drop(while: \.isWhitespace).first == "{"
      return try .jsonSchema(isInline ? jsonSchema : TextFile.read(jsonSchema))
    }
    if let grammar { return try .grammar(grammar.contains("::=") ? grammar : TextFile.read(grammar)) }
    return nil
  }
}
