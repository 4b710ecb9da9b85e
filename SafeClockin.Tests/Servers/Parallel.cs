// Most tests wait: for a server, a browser or a deadline. So fixtures run beside each other, the tests of one in turn; what
// looks at the whole process says so with [NonParallelizable].
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
