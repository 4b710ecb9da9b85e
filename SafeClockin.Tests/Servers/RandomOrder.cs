using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using SafeClockin.Tests.Servers;

[assembly: RandomOrder]

namespace SafeClockin.Tests.Servers;

/// <summary>
/// Runs fixtures and tests in an order that the number in TEST_ORDER makes; without it in NUnit's, which is by name. No
/// test may depend on what another one leaves behind.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class RandomOrderAttribute : NUnitAttribute, IApplyToTest
{
    public void ApplyToTest(Test test)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("TEST_ORDER"), out var seed))
            Shuffle(test, new Random(seed));
    }

    private static void Shuffle(ITest test, Random random)
    {
        foreach (var part in test.Tests)
        {
            part.Properties.Set(PropertyNames.Order, random.Next());
            Shuffle(part, random);
        }
    }
}
