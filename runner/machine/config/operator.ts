import { z } from 'zod';
import { brokenExamples } from '../../../shared/policy/evaluate.ts';
import { PolicyRule, Verdict } from '../../../shared/policy/policy.ts';
import type { OperatorTerms } from '../../../shared/recipe/terms.ts';
import { addressKey } from '../../../shared/recipe/repository-address.ts';
import { Budget } from '../../../shared/run/budget.ts';
import { ConfiguredTriggers, type ConfiguredTrigger } from './configured-triggers.ts';

/** Judges rules by their own examples alone. */
const strictest = { reads: 'deny', changes: 'deny', network: 'deny' } as const;

const Rules = z
  .array(PolicyRule)
  .max(200)
  .check(({ value, issues }) => {
    for (const message of brokenExamples({ rules: value, otherwise: strictest }))
      issues.push({ code: 'custom', message, input: value });
  })
  // So that everybody sees whose they are.
  .transform((rules) => rules.map((rule) => ({ ...rule, id: `operator-${rule.id}`.slice(0, 61) })));

/** What an operator says of every run: rules that hold beside all others, and limits above which nobody delegates. And what may begin runs by itself, once somebody enables it. */
const says = {
  policy: z
    .strictObject({
      rules: Rules.default([]),
      otherwise: z.strictObject({ reads: Verdict, changes: Verdict, network: Verdict }).partial().default({}),
    })
    .prefault({}),
  maxBudget: Budget.partial().default({}),
  triggers: ConfiguredTriggers.prefault([]),
};

/** `tenants`: for one of them besides, by its name. */
export const operatorSettings = {
  ...says,
  tenants: z.record(z.string().min(1).max(100), z.strictObject(says)).default({}),
};

const Operator = z.object(operatorSettings);
type Operator = z.infer<typeof Operator>;

/** What holds for a tenant: what is said for all, and for it. */
export const operatorsFor = (
  said: Pick<Operator, 'policy' | 'maxBudget' | 'tenants'>,
  tenant: string,
): readonly OperatorTerms[] => [said, ...saidFor(said, tenant)].map(({ policy, maxBudget }) => ({ policy, maxBudget }));

/** The triggers that an operator wrote for a tenant: what is said for it stands in the place of what is said for all. */
export const configuredTriggers = (
  said: Pick<Operator, 'triggers' | 'tenants'>,
  tenant: string,
): readonly ConfiguredTrigger[] => {
  const own = saidFor(said, tenant).flatMap(({ triggers }) => triggers);
  const keys = new Set(own.map(keyOf));
  return [...own, ...said.triggers.filter((each) => !keys.has(keyOf(each)))];
};

const keyOf = ({ repository, definition }: ConfiguredTrigger): string => `${addressKey(repository)} ${definition.name}`;

const saidFor = ({ tenants }: Pick<Operator, 'tenants'>, tenant: string) => {
  const own = Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined;
  return own === undefined ? [] : [own];
};
