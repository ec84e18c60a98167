// The API's objects, as teald's own description of itself has them (schema.d.ts is made from it).
import type {components} from './schema';

type Schemas = components['schemas'];
export type Application = Schemas['Application'];
export type Rollout = Schemas['Rollout'];
export type Event = Schemas['Event'];
export type Plan = Schemas['Plan'];
export type Preflight = Schemas['Preflight'];
export type Replica = Schemas['ReplicaStatus'];
export type Job = Schemas['RolloutJob'];

export const base = '/apis/teal/v1/';
export const applicationAt = (name: string): string => `${base}applications/${encodeURIComponent(name)}`;
export const rolloutAt = (name: string): string => `${base}rollouts/${encodeURIComponent(name)}`;
