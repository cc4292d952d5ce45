/// The files under `Fixtures/` in the repository that these tests were compiled from.
package enum TestFixtures {
  /// The path of a fixture.
  package static func path(_ name: String) -> String { "\(root)/Fixtures/\(name)" }

  // Sources/AttendTestSupport/TestFixtures.swift, three steps below the root.
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    .dropLast(3).joined(separator: "/")
}
