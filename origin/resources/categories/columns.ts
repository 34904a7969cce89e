import { categories } from "../../db/tables/categories.ts";

/** The columns that a category is read from: they are what the API shows. */
export const categoryColumns = {
  id: categories.id,
  parentId: categories.parentId,
  name: categories.name,
  version: categories.version,
  createdAt: categories.createdAt,
  updatedAt: categories.updatedAt,
};
