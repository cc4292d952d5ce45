import AttendBase
import AttendTestSupport
import Testing

/// Damaged grammars, schemas and calls: they may be refused, but nothing else. The checks are in the fuzz functions.
@Suite struct ConstraintMutationTests {
  private func mutate(_ names: [String], count: Int, seed: UInt64, _ run: (UnsafeRawBufferPointer) -> Void) throws {
    let seeds = try names.map { name in
      try MappedFile(path: TestFixtures.path("grammars/\(name)")).copied
    }
    runMutated(seeds, count: count, seed: seed, likely: "{}[]\"()|*+?,:^$\\.-09aroe<# \n", run)
  }

  @Test func grammars() throws { try mutate(["json.gbnf", "items.gbnf"], count: 400, seed: 41, fuzzGrammar) }

  @Test func schemas() throws {
    try mutate(["person.schema.json", "combined.schema.json"], count: 500, seed: 42, fuzzJSONSchema)
  }

  @Test func toolCalls() throws { try mutate(["forms.calls.txt"], count: 1000, seed: 43, fuzzToolCalls) }
}
